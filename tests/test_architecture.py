"""The house stays as drawn: who imports whom, who may do I/O, how long things get."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "geoplan"

# Data walks one way: a module imports only from rows above its own; within a row it may import
# the neighbours named before it (and a package its own modules).
ROWS: tuple[tuple[str, ...], ...] = (
    ("text", "errors", "redact", "units", "progress", "stopping", "_kernels"),
    ("lock_rules", "scenario", "schema", "crs", "tables", "plan_words", "scenario_toml"),
    ("layers", "existing", "read", "osm_faults", "osm", "datasets"),
    ("candidates", "cost", "demand"),
    ("optimize", "steinlib"),
    ("network", "bill", "policy_locks", "policy", "proof"),
    ("geopackage", "qml", "plan", "plan_styles", "plan_file"),
    ("verify", "pipeline"),
    ("rebuild", "why", "frontier", "compare", "risk", "cuts", "differences"),
    ("maps", "export", "report", "notebook"),
    (
        "output_files",
        "ctrl_c",
        "end_process",
        "summary",
        "terminal",
        "cli_parser",
        "cli_inputs",
        "cli_compare_map",
        "cli_export",
        "cli_report",
        "cli_roads",
        "cli_steiner",
        "cli_why",
        "cli_frontier",
        "cli",
    ),
)
# The one import against the order: `plan.explore()` is what a person types in a notebook, so the
# methods of Plan open this door when they are called. Never when a module is loaded: see below.
LATE = {("geoplan.plan", "geoplan.notebook")}
# Heavy or worldly libraries have one door each.
ONLY_IN: dict[str, tuple[str, ...]] = {
    "ortools": ("geoplan.optimize.",),
    "folium": ("geoplan.maps.",),
    "branca": ("geoplan.maps.",),
    "xstatic": ("geoplan.maps.",),
    "matplotlib": ("geoplan.maps.", "geoplan.report."),
    "osmnx": ("geoplan.osm",),
    "xlsxwriter": ("geoplan.export.",),
    "docx": ("geoplan.report.",),
    "typst": ("geoplan.report.",),
    "pylopdf_fonts_zh_cn": ("geoplan.maps.figure", "geoplan.report."),
    "psycopg": ("geoplan.read.postgis",),
    "ezdxf": ("geoplan.export.dxf",),
    "simplekml": ("geoplan.export.kmz",),
    "pyogrio": (
        *("geoplan.read", "geoplan.geopackage", "geoplan.plan_file", "geoplan.datasets"),
        "geoplan.export.shapefile",
    ),
    "requests": (),
    "urllib": ("geoplan.osm",),
}
# importing the package must cost nothing: these are loaded by the stage that needs them
HEAVY = (
    *("osmnx", "folium", "ortools", "geopandas", "pandas", "numba", "scipy", "matplotlib"),
    *("docx", "typst", "fontTools", "psycopg", "ezdxf", "simplekml", "xlsxwriter"),
)
LONGEST_MODULE = 450
LISTINGS = {"geoplan.schema"}  # a list of columns without a line of code may be longer
LONGEST_FUNCTION = 80


def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if "_data" in path.parts:
            continue
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()
TREES = {name: ast.parse(path.read_text("utf-8")) for name, path in MODULES.items()}


def imports(name: str) -> set[str]:
    """Dotted names of everything that a module imports, at the top or inside a function."""
    found: set[str] = set()
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: relative import"
            assert node.module is not None
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found.update(names & MODULES.keys())
            if not names <= MODULES.keys():  # something of the module itself, not a part of it
                found.add(node.module)
    return found


def row_of(name: str) -> int:
    """Row of a module of geoplan by its top-level part."""
    top = name.split(".")[1]
    for number, row in enumerate(ROWS):
        if top in row:
            return number
    raise AssertionError(f"{name} has no row: put it into the table of test_architecture.py")


def inner(name: str) -> list[str]:
    """Modules of geoplan that a module imports, the bare package and late doors left out."""
    found = (i for i in imports(name) if i.startswith("geoplan.") and i in MODULES)
    return sorted(i for i in found if (name, i) not in LATE)


NAMES = [name for name in MODULES if name != "geoplan"]


@pytest.mark.parametrize("name", NAMES)
def test_imports_only_from_rows_above(name: str) -> None:
    top, row = name.split(".")[1], row_of(name)
    for other in inner(name):
        other_top, other_row = other.split(".")[1], row_of(other)
        if other_top == top:
            continue
        assert other_row <= row, f"{name} (row {row + 1}) imports {other} (row {other_row + 1})"
        if other_row == row:
            order = ROWS[row]
            assert order.index(other_top) < order.index(top), (
                f"{name} imports its neighbour {other}"
            )


@pytest.mark.parametrize(("name", "door"), sorted(LATE))
def test_a_late_door_is_opened_in_functions_only(name: str, door: str) -> None:
    late = [n for n in ast.walk(TREES[name]) if isinstance(n, ast.ImportFrom) and n.module == door]
    assert late, f"{name} no longer imports {door}: take the line out of LATE"
    loaded_with_module = [n for n in TREES[name].body if n in late]
    assert loaded_with_module == []
    # what stands under TYPE_CHECKING is never run; every other one is in a function
    functions = [n for n in ast.walk(TREES[name]) if isinstance(n, ast.FunctionDef)]
    inside = {n for function in functions for n in ast.walk(function)}
    guarded = {
        n
        for block in TREES[name].body
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for n in ast.walk(block)
    }
    assert [n.lineno for n in late if n not in inside | guarded] == []


def test_no_cycles() -> None:
    state: dict[str, int] = {}

    def visit(name: str, way: tuple[str, ...]) -> None:
        if state.get(name) == 2:
            return
        assert state.get(name) != 1, "cycle: " + " -> ".join((*way, name))
        state[name] = 1
        for other in inner(name):
            if other != name:
                visit(other, (*way, name))
        state[name] = 2

    for name in MODULES:
        visit(name, ())
    assert len(state) == len(MODULES)


@pytest.mark.parametrize("library", sorted(ONLY_IN))
def test_library_only_where_it_belongs(library: str) -> None:
    allowed = ONLY_IN[library]
    users = [
        name
        for name in MODULES
        if any(i == library or i.startswith(library + ".") for i in imports(name))
    ]
    strangers = [
        user
        for user in users
        if not any(f"{user}.".startswith(f"{a.rstrip('.')}.") for a in allowed)
    ]
    assert strangers == []


@pytest.mark.parametrize("name", [n for n in NAMES if not n.startswith("geoplan.cli")])
def test_no_print_outside_cli(name: str) -> None:
    calls = [
        node.lineno
        for node in ast.walk(TREES[name])
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"print", "input"}
    ]
    assert calls == []


@pytest.mark.parametrize("name", NAMES)
def test_no_globals_and_no_handlers(name: str) -> None:
    for node in ast.walk(TREES[name]):
        assert not isinstance(node, ast.Global), f"{name}:{node.lineno} uses `global`"
        if isinstance(node, ast.Attribute):
            assert node.attr not in {"basicConfig", "addHandler"}, f"{name}:{node.lineno}"


def test_kernels_import_nothing_of_geoplan_but_kernels() -> None:
    kernels = [name for name in MODULES if name.startswith("geoplan._kernels")]
    assert kernels
    for name in kernels:
        assert [i for i in inner(name) if not i.startswith("geoplan._kernels")] == []


def reach(name: str) -> set[str]:
    """Every module of geoplan that a module pulls in, itself included."""
    seen: set[str] = set()
    todo = [name]
    while todo:
        current = todo.pop()
        if current not in seen:
            seen.add(current)
            todo.extend(inner(current))
    return seen


def test_verifier_knows_no_solver() -> None:
    names = [n for n in MODULES if n == "geoplan.verify" or n.startswith("geoplan.verify.")]
    assert names
    for name in names:
        known = {n for n in reach(name) if n.startswith(("geoplan.optimize", "geoplan._kernels"))}
        assert known == set(), f"{name} reaches {sorted(known)}"
        assert not any(i.split(".")[0] == "ortools" for i in imports(name))


def loaded(statement: str) -> set[str]:
    """Heavy libraries that a statement loads in a fresh process."""
    code = f"{statement}\nimport sys\nprint([n for n in {HEAVY!r} if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(ast.literal_eval(done.stdout.strip().splitlines()[-1]))


@pytest.mark.parametrize(
    "statement",
    ["import geoplan", "import geoplan.cli", "import geoplan.scenario, geoplan.schema"],
)
def test_import_budget(statement: str) -> None:
    assert loaded(statement) == set()


def test_planning_loads_no_door_it_does_not_use() -> None:
    assert loaded("import geoplan.pipeline") & {"osmnx", "folium", "matplotlib"} == set()
    assert loaded("import geoplan.maps, geoplan.notebook") & {"osmnx", "matplotlib"} == set()
    packs = {"ezdxf", "simplekml", "xlsxwriter"}
    assert loaded("import geoplan.export") & packs == set()


@pytest.mark.parametrize("name", list(MODULES))
def test_nothing_grows_too_long(name: str) -> None:
    lines = len(MODULES[name].read_text("utf-8").splitlines())
    assert name in LISTINGS or lines <= LONGEST_MODULE, f"{name}: {lines} lines"
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            length = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            assert length <= LONGEST_FUNCTION, f"{name}.{node.name}: {length} lines"


@pytest.mark.parametrize("name", NAMES)
def test_values_do_not_change(name: str) -> None:
    for node in ast.walk(TREES[name]):
        if not isinstance(node, ast.ClassDef):
            continue
        for mark in node.decorator_list:
            call = mark.func if isinstance(mark, ast.Call) else mark
            called = call.id if isinstance(call, ast.Name) else getattr(call, "attr", "")
            if called == "dataclass":
                assert isinstance(mark, ast.Call), f"{name}.{node.name}: not frozen"
                given = {k.arg: getattr(k.value, "value", None) for k in mark.keywords}
                assert given.get("frozen") is True, f"{name}.{node.name}: not frozen"
                assert given.get("slots") is True, f"{name}.{node.name}: no slots"
