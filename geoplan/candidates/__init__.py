"""The candidate graph: where fibre may run, every site attached."""

from __future__ import annotations

from geoplan.candidates.assemble import build_candidates
from geoplan.candidates.graph import METHODS, RISK_KINDS, CandidateGraph

__all__ = ["METHODS", "RISK_KINDS", "CandidateGraph", "build_candidates"]
