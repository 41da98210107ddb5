"""How long-running stages tell where they are, without knowing who listens."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Progress", "silent"]


class Progress(Protocol):
    """Called as ``progress(stage, fraction)``: a stage id and 0.0 .. 1.0, never decreasing.

    Stage ids: ``read``, ``candidates``, ``design``, ``phases``, ``network``, ``write``.
    """

    def __call__(self, stage: str, fraction: float) -> None:
        """Take note of progress; must return at once."""


def silent(stage: str, fraction: float) -> None:
    """Ignore progress: the default listener."""
