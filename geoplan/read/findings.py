"""What reading finds: faults that stop the run, and notes that travel with the layers."""

from __future__ import annotations

from collections.abc import Iterable

from geoplan.errors import Fault
from geoplan.redact import redacted_text
from geoplan.text import Text, nearest

__all__ = ["Findings", "one_of"]

_LISTED = 8


def one_of(name: str, known: Iterable[str]) -> Text:
    """Return the cure of a wrong name: the closest known one, else the first few that there are.

    >>> one_of("G10", ["G01", "G1O", "G2"]).en
    'did you mean G1O?'
    """
    names = list(dict.fromkeys(known))
    close = nearest(name, names)
    if close:
        return Text(f"是否应为 {close}？", f"did you mean {close}?")
    more = " ..." if len(names) > _LISTED else ""
    listed = ", ".join(names[:_LISTED]) + more
    return Text(f"可用：{listed}", f"write one of {listed}")


class Findings:
    """Collects faults and notes over all files, so that all of them are reported at once."""

    __slots__ = ("faults", "notes")

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.notes: list[Fault] = []

    def fault(self, rule: str, layer: str, row: str, what: Text, cure: Text) -> None:
        """Note a fault: the run ends after everything has been looked at."""
        self.faults.append(Fault(rule, layer, row, redacted_text(what), redacted_text(cure)))

    def note(self, rule: str, layer: str, row: str, what: Text, cure: Text) -> None:
        """Note something odd that does not stop the run."""
        self.notes.append(Fault(rule, layer, row, redacted_text(what), redacted_text(cure)))
