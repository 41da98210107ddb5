"""The reader of Steiner problems: what it takes, what it refuses, and on which line."""

from __future__ import annotations

import itertools
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.errors import GeoplanError, InfeasibleError, InputError
from geoplan.optimize.steiner.instance import SteinerInstance
from geoplan.steinlib import read_steiner

Read = Callable[[str | bytes], SteinerInstance]

# A path 1-2-3 and a dear shortcut 1-3; lines are counted from 1, edges stand on lines 4 to 6.
PLAIN = """SECTION Graph
Nodes 3
Edges 3
E 1 2 4
E 2 3 5
E 1 3 90
END

SECTION Terminals
Terminals 2
T 1
T 3
END

EOF
"""


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a text (or bytes) as a file."""
    numbers = itertools.count()

    def read_text(content: str | bytes) -> SteinerInstance:
        path = tmp_path / f"problem-{next(numbers)}.gr"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_steiner(path)

    return read_text


def changed(*changes: tuple[str, str]) -> str:
    """The plain file with some of its text replaced."""
    text = PLAIN
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def assert_plain(instance: SteinerInstance) -> None:
    assert instance.n_nodes == 3
    assert instance.tail.tolist() == [0, 1, 0]
    assert instance.head.tolist() == [1, 2, 2]
    assert instance.cost.tolist() == [4, 5, 90]
    assert instance.terminals.tolist() == [0, 2]


# ---- what it takes ----------------------------------------------------------------------------


def test_plain_file_gives_read_only_integers(read: Read) -> None:
    instance = read(PLAIN)
    assert_plain(instance)
    assert instance.tail.dtype == instance.head.dtype == instance.terminals.dtype == np.int32
    assert instance.cost.dtype == np.int64
    for array in (instance.tail, instance.head, instance.cost, instance.terminals):
        assert not array.flags.writeable


@pytest.mark.parametrize(
    "text",
    [
        PLAIN.replace("\n", "\r\n"),
        PLAIN.lower(),
        PLAIN.upper(),
        PLAIN.replace(" ", "\t "),
        "\ufeff" + PLAIN,
        PLAIN.rstrip("\n"),
        PLAIN.replace("\n", "\n\n"),
        PLAIN.replace("\n", "\n# a comment\n  "),
        PLAIN + "what comes after the end is nobody's business",
        changed(("E 1 2 4", "E 1 2 00000000000000000000004")),
        # a SteinLib file as its authors write them
        "33D32945 STP File, STP Format Version 1.0\n\nSECTION Comment\n"
        'Name "b01"\nRemark "E 9 9 9"\nEND\n\n'
        + changed(("\nEOF", "\nSECTION Coordinates\nDD 1 80 12\nDD 2 0.5 -7\nEND\n\nEOF")),
        # as PACE 2018, track B, does: with a tree decomposition behind
        changed(
            ("\nEOF", "\nSECTION Tree Decomposition\ns td 1 2 3\nb 1 1 2 3\nE 1 1 1\nEND\n\nEOF")
        ),
        changed(("Terminals 2\n", "Terminals 2\nRoot 3\n"), ("Edges 3\n", "Edges 3\nArcs 0\n")),
        changed(("\nEOF", "\nSECTION Presolve\nDate 1\nFixed 0\nLower 9\nEND\nEOF")),
    ],
)
def test_dialects_mean_the_same(read: Read, text: str) -> None:
    assert_plain(read(text))


def test_loops_and_parallel_edges_keep_their_ids(read: Read) -> None:
    instance = read(
        changed(("Edges 3", "Edges 6"), ("E 1 3 90", "E 2 2 7\nE 1 2 3\nE 2 1 0\nE 1 3 90"))
    )
    assert instance.tail.tolist() == [0, 1, 1, 0, 1, 0]
    assert instance.cost.tolist() == [4, 5, 7, 3, 0, 90]


@pytest.mark.parametrize("terminals", [[], [2]])
def test_one_terminal_or_none_is_a_problem_too(read: Read, terminals: list[int]) -> None:
    rows = "".join(f"T {node}\n" for node in terminals)
    text = changed(("Terminals 2\nT 1\nT 3\n", f"Terminals {len(terminals)}\n{rows}"))
    assert read(text).terminals.tolist() == [node - 1 for node in terminals]


def test_nothing_at_all_is_a_problem_too(read: Read) -> None:
    sections = "SECTION Graph\nNodes 0\nEdges 0\nEND\nSECTION Terminals\nTerminals 0\nEND\nEOF\n"
    instance = read(sections)
    assert (instance.n_nodes, instance.n_edges, len(instance.terminals)) == (0, 0, 0)


def test_costs_up_to_2_53(read: Read) -> None:
    instance = read(changed(("E 1 3 90", f"E 1 3 {2**53 - 10}")))
    assert int(instance.cost.sum()) == 2**53 - 1


def test_read_100_000_edges_in_no_time(read: Read) -> None:
    nodes = 100_000
    rows = "".join(f"E {n} {n + 1} {n % 977}\n" for n in range(1, nodes))
    text = changed(
        ("Nodes 3", f"Nodes {nodes}"),
        ("Edges 3", f"Edges {nodes - 1}"),
        ("E 1 2 4\nE 2 3 5\nE 1 3 90\n", rows),
    )
    began_s = time.process_time()
    instance = read(text)
    assert time.process_time() - began_s < 0.5  # 0.1 s on an idle machine
    assert instance.n_edges == nodes - 1
    assert instance.cost[-1] == (nodes - 1) % 977


# ---- what it refuses --------------------------------------------------------------------------


def refused(read: Read, content: str | bytes) -> list[tuple[str, str]]:
    """Rule and row of each fault; every fault can be told in both languages."""
    with pytest.raises(InputError) as caught:
        read(content)
    for fault in caught.value.faults:
        for language in ("zh", "en"):
            line = fault.line(language)
            assert line.isprintable()
            assert fault.what.get(language)
            assert fault.cure.get(language)
    return [(fault.rule.removeprefix("steinlib."), fault.row) for fault in caught.value.faults]


@pytest.mark.parametrize(
    "cost",
    [
        "-4",
        "+4",
        "2.5",
        "1e3",
        "nan",
        "inf",
        "4.0",
        "0x10",
        "1_000",
        "٤",
        "",
        "4 4",
        "9" * 17,
        "9" * 5000,
    ],
)
def test_costs_that_are_no_whole_numbers(read: Read, cost: str) -> None:
    faults = refused(read, changed(("E 2 3 5", f"E 2 3 {cost}")))
    assert faults[0] == ("number", "line 5")


@pytest.mark.parametrize(
    ("change", "rule", "row"),
    [
        (("E 2 3 5", "E 2 4 5"), "node", "line 5"),
        (("E 2 3 5", "E 0 3 5"), "node", "line 5"),
        (("E 2 3 5", "E 2 9999999999999999 5"), "node", "line 5"),
        (("E 2 3 5", "E -2 3 5"), "number", "line 5"),
        (("E 2 3 5", "A 2 3 5"), "arc", "line 5"),
        (("E 2 3 5", "X 2 3 5"), "line", "line 5"),
        (("E 2 3 5", "E 2\r3 5"), "number", "line 5"),
        (("E 2 3 5", "E 2 3 5\v"), "number", "line 5"),
        (("E 1 3 90", f"E 1 3 {2**53}"), "cost", "line 6"),
        (("E 1 3 90", f"E 1 3 {2**53 - 9}"), "cost", ""),
        (("T 3", "T 4"), "node", "line 12"),
        (("T 3", "T 0"), "node", "line 12"),
        (("T 3", "T 1"), "terminal", "line 12"),
        (("T 3", "TP 3 100"), "line", "line 12"),
        (("T 3", "T 3.0"), "number", "line 12"),
        (("Terminals 2\n", "Terminals 2\nRoot 2\n"), "root", "line 11"),
        (("Terminals 2\n", ""), "count", ""),
        (("Terminals 2\n", "Terminals 3\n"), "count", "line 10"),
        (("Edges 3", "Edges 2"), "count", "line 3"),
        (("Edges 3", "Edges 1000000000000"), "count", "line 3"),
        (("Nodes 3", "Nodes 1000000000000"), "count", "line 2"),
        (("Nodes 3", "Nodes 2000000"), "count", "line 2"),
        (("Nodes 3", "Nodes 3\nNodes 4"), "line", "line 3"),
        (("Nodes 3", "Nodes three"), "line", "line 2"),
        (("Nodes 3\n", ""), "count", ""),
        (("SECTION Terminals", "SECTION Graph"), "section", "line 9"),
        (("SECTION Terminals", "SECTION MaximumDegrees"), "section", "line 9"),
        (("SECTION Terminals", "no section"), "line", "line 9"),
        (("E 1 3 90\nEND", "E 1 3 90"), "truncated", "line 8"),
        (("\nEOF", "\nSECTION Comment\nEOF"), "truncated", ""),
        (("EOF\n", ""), "truncated", "line 14"),
        (("\nEOF", "\nSECTION Presolve\nFixed 17\nEND\nEOF"), "line", "line 16"),
    ],
)
def test_each_fault_with_its_line(read: Read, change: tuple[str, str], rule: str, row: str) -> None:
    faults = refused(read, changed(change))
    assert rule == faults[0][0]
    assert row in ("", faults[0][1])


def test_all_faults_at_once_but_not_a_million(read: Read) -> None:
    both = changed(("E 1 2 4", "E 1 2 x"), ("T 3", "T y"))
    assert refused(read, both)[:2] == [("number", "line 4"), ("number", "line 12")]
    many = PLAIN.replace("E 2 3 5", "E 2 3 x\n" * 10_000)
    assert len(refused(read, many)) == 20


@pytest.mark.parametrize("length", range(len(PLAIN.rstrip()) - 1))
def test_a_file_cut_anywhere_is_never_taken_for_whole(read: Read, length: int) -> None:
    assert refused(read, PLAIN[:length])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 5000,
        bytes(range(256)) * 40,
        PLAIN.encode("utf-16"),
        b"SQLite format 3\0" + bytes(200),
        b"x" * 1_000_000,
        b"SECTION " + b"Graph" * 100_000,
        b"SECTION Graph\n" * 1000,
        b"\n" * 100_000,
    ],
)
def test_garbage(read: Read, content: bytes) -> None:
    assert refused(read, content)


def test_claims_are_not_believed(read: Read) -> None:
    text = changed(("Nodes 3", f"Nodes {10**12}"), ("Edges 3", f"Edges {10**12}"))
    tracemalloc.start()
    try:
        refused(read, text)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_terminals_without_connection(read: Read) -> None:
    text = changed(("Edges 3", "Edges 2"), ("E 2 3 5\n", ""), ("E 1 3 90", "E 3 3 90"))
    with pytest.raises(InfeasibleError, match="2 parts without connection, such as 1 and 3"):
        read(text)


def test_parts_without_terminal_are_no_matter(read: Read) -> None:
    text = changed(
        ("Nodes 3", "Nodes 6"), ("Edges 3", "Edges 4"), ("E 1 3 90", "E 1 3 90\nE 5 6 1")
    )
    assert read(text).n_nodes == 6


def test_places_that_are_no_file(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.gr", Path("/dev/zero"), Path("a\0b")):
        with pytest.raises(InputError) as caught:
            read_steiner(path)
        assert caught.value.faults[0].rule == "steinlib.file"


# ---- any file ---------------------------------------------------------------------------------


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_refused_or_means_what_it_says(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    lines = PLAIN.splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        lines[at] = data.draw(
            st.sampled_from(["", "E 1 2 3", "T 2", "END", "EOF", "SECTION Graph", "\0", "E 3 3 0"])
            | st.text(max_size=12)
        )
    path = tmp_path_factory.mktemp("damaged") / "problem.gr"
    path.write_text("\n".join(lines), "utf-8", newline="\n")
    try:
        instance = read_steiner(path)
    except GeoplanError:
        return
    ends = np.concatenate([instance.tail, instance.head, instance.terminals])
    assert ends.min(initial=0) >= 0
    assert ends.max(initial=0) < max(1, instance.n_nodes)
    assert instance.n_edges == 3
    assert len(instance.terminals) == len(set(instance.terminals.tolist())) == 2


@pytest.mark.parametrize("seed", range(20))
def test_connection_as_a_walk_finds_it(read: Read, seed: int) -> None:
    rng = np.random.default_rng(seed)
    nodes, edges = 40, int(rng.integers(10, 70))
    ends = rng.integers(1, nodes + 1, (edges, 2))
    beside: dict[int, set[int]] = {node: set() for node in range(1, nodes + 1)}
    for one, other in ends.tolist():
        beside[one].add(other)
        beside[other].add(one)
    reached, todo = {1}, [1]
    while todo:
        new = beside[todo.pop()] - reached
        reached |= new
        todo += new
    for other in range(2, nodes + 1):
        text = changed(
            ("Nodes 3", f"Nodes {nodes}"),
            ("Edges 3", f"Edges {edges}"),
            ("E 1 2 4\nE 2 3 5\nE 1 3 90\n", "".join(f"E {a} {b} 1\n" for a, b in ends.tolist())),
            ("T 3", f"T {other}"),
        )
        if other in reached:
            assert read(text).terminals.tolist() == [0, other - 1]
        else:
            with pytest.raises(InfeasibleError):
                read(text)
