"""What reading finds: faults that stop the run, and notes that travel with the layers."""

from __future__ import annotations

from geoplan.errors import Fault
from geoplan.text import Text

__all__ = ["Findings"]


class Findings:
    """Collects faults and notes over all files, so that all of them are reported at once."""

    __slots__ = ("faults", "notes")

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.notes: list[Fault] = []

    def fault(self, rule: str, layer: str, row: str, what: Text, cure: Text) -> None:
        """Note a fault: the run ends after everything has been looked at."""
        self.faults.append(Fault(rule, layer, row, what, cure))

    def note(self, rule: str, layer: str, row: str, what: Text, cure: Text) -> None:
        """Note something odd that does not stop the run."""
        self.notes.append(Fault(rule, layer, row, what, cure))
