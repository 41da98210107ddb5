"""The exception tree: exit codes, builtins, and one line per fault."""

from __future__ import annotations

import pytest

from geoplan.errors import (
    Fault,
    GeoplanError,
    InfeasibleError,
    InputError,
    NoAnswerError,
    NoPlanError,
    PlanFileError,
)
from geoplan.text import Text

FAULT = Fault(
    "sites.duplicate_id", "townships", "T1", Text("编号重复", "the id is used twice"),
    Text("改正", "correct it"),
)  # fmt: skip
WHOLE = Fault("crs.missing", "roads", "", Text("无坐标系", "no CRS"), Text("指定", "assign one"))


def test_fault_is_one_line_in_both_languages() -> None:
    assert FAULT.line("en") == (
        "[sites.duplicate_id] townships T1: the id is used twice -> correct it"
    )
    assert FAULT.line("zh") == "[sites.duplicate_id] townships T1: 编号重复 -> 改正"


def test_a_row_without_an_id_is_named_in_the_readers_language() -> None:
    fault = Fault("layers.csv", "districts", "line 7", Text("坏", "bad"), Text("改", "mend"))
    assert fault.line("zh") == "[layers.csv] districts 第 7 行: 坏 -> 改"
    assert fault.line("en") == "[layers.csv] districts line 7: bad -> mend"


def test_fault_of_a_whole_layer_names_no_row() -> None:
    assert WHOLE.line("en") == "[crs.missing] roads: no CRS -> assign one"


@pytest.mark.parametrize(
    ("kind", "builtin", "exit_code"),
    [
        (InputError, ValueError, 2),
        (PlanFileError, ValueError, 2),
        (InfeasibleError, RuntimeError, 3),
        (NoPlanError, RuntimeError, 3),
        (NoAnswerError, RuntimeError, 3),
    ],
)
def test_tree(kind: type[GeoplanError], builtin: type[Exception], exit_code: int) -> None:
    error = kind([FAULT, WHOLE])
    assert isinstance(error, GeoplanError)
    assert isinstance(error, builtin)
    assert error.exit_code == exit_code
    assert error.faults == (FAULT, WHOLE)
    assert str(error).splitlines() == [FAULT.line("en"), WHOLE.line("en")]


def test_plan_file_error_is_an_input_error() -> None:
    assert issubclass(PlanFileError, InputError)


def test_faults_may_come_from_a_generator() -> None:
    assert InputError(f for f in (FAULT,)).faults == (FAULT,)
