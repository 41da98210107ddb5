"""The exception tree: what can go wrong, and which exit code it ends in.

::

    GeoplanError
    ├── InputError        (ValueError)    faults in what the user gave        exit 2
    │   └── PlanFileError (ValueError)    a plan file that can't be read      exit 2
    ├── InfeasibleError   (RuntimeError)  the rules can't hold together       exit 3
    ├── NoPlanError       (RuntimeError)  no plan within the limits           exit 3
    └── NoAnswerError     (RuntimeError)  a server gave no usable answer      exit 3

A user's mistake is always reported as one or more :class:`Fault`, all at once; each fault
names the rule it breaks, the layer and the row it was found in, and the cure. Programming
errors are not wrapped: they surface as what they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from geoplan.text import Language, Text, row_words

__all__ = [
    "Fault",
    "GeoplanError",
    "InfeasibleError",
    "InputError",
    "NoAnswerError",
    "NoPlanError",
    "PlanFileError",
]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of the input.

    Parameters
    ----------
    rule
        Stable id of the broken rule, for instance ``"crs.missing"`` or ``"sites.duplicate_id"``.
    layer
        Layer, file or scenario table in which it was found.
    row
        Row id within the layer (empty when the whole layer is meant).
    what
        What is wrong, in both languages.
    cure
        What the user can do about it, in both languages.
    """

    rule: str
    layer: str
    row: str
    what: Text
    cure: Text

    def line(self, language: Language) -> str:
        """Return the fault as one line: ``[rule] layer row: what -> cure``."""
        place = f"{self.layer} {row_words(self.row).get(language)}".strip()
        return f"[{self.rule}] {place}: {self.what.get(language)} -> {self.cure.get(language)}"


class GeoplanError(Exception):
    """Base of every error that geoplan raises on purpose; carries the faults behind it."""

    exit_code = 2

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = tuple(faults)
        super().__init__("\n".join(fault.line("en") for fault in self.faults))


class InputError(GeoplanError, ValueError):
    """The input is at fault: every fault found is listed."""


class PlanFileError(InputError):
    """A plan file is missing, truncated or not a plan."""


class InfeasibleError(GeoplanError, RuntimeError):
    """No plan can satisfy the rules together; the faults name them and the ways out."""

    exit_code = 3


class NoPlanError(GeoplanError, RuntimeError):
    """No plan was found within the limits given; says nothing about whether one exists."""

    exit_code = 3


class NoAnswerError(GeoplanError, RuntimeError):
    """A server on the network can't be reached, or what it answered is no use."""

    exit_code = 3
