"""The DXF pack: the works as a drawing in metres, a layer per phase and method (R2010)."""

from __future__ import annotations

from geoplan.export.dxf.drawing import write_dxf

__all__ = ["write_dxf"]
