"""Read Steiner tree problems: SteinLib ``.stp`` and PACE ``.gr``.

Both formats list edges as ``E u v c`` and terminals as ``T v``, one per line, 1-based, in
sections that end in ``END``; the file ends in ``EOF``. One scanner reads both: runs of well-formed
lines are taken in bulk by numpy, every other line by hand, so that a fault is told with its line
number and a large file costs a fraction of a second. Nothing in a file is believed: counts are
compared with what is there, and no array is larger than the file that asked for it.
"""

from __future__ import annotations

import re
import stat
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoplan.errors import Fault, InfeasibleError, InputError
from geoplan.optimize.steiner.instance import SteinerInstance
from geoplan.text import Text

__all__ = ["read_steiner"]

_Integers = NDArray[np.int64]

COST_LIMIT = 2**53
"""Costs add up to less than this: exact in a double, and far from the end of an int64."""
_FILE_LIMIT_BYTES = 2**30
_SPARE_NODES = 1_000_000  # nodes without edge or terminal that a file may claim
_FAULTS_SHOWN = 20
_SHOWN = 40
# ``{n}`` numbers of at most 16 digits each: any of them fits an int64. The possessive loop (++)
# keeps no state to go back to, so a run may be as long as the file.
_RUN = rb"(?:[ \t]*%s(?:[ \t]+[0-9]{1,16}){%d}[ \t]*\r?\n)++"
_EDGE_RUN, _TERMINAL_RUN = re.compile(_RUN % (b"[Ee]", 3)), re.compile(_RUN % (b"[Tt]", 1))
_HISTORY = ("date", "time", "lower", "upper")
_IGNORED = re.compile(r"comments?|coordinates|tree\s*decomposition", re.IGNORECASE)
_SECTION_END = re.compile(rb"^[ \t]*end[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_BLANK = bytes.maketrans(b"EeTt", b"    ")


def read_steiner(path: Path | str) -> SteinerInstance:
    """Read one Steiner tree problem, SteinLib or PACE.

    Parallel edges and self-loops are kept, so that edge ids count the edges of the file. One
    terminal or none is a problem, too: its tree has no edges.

    Raises
    ------
    InputError
        The file can't be read or is at fault; the faults are listed with their lines.
    InfeasibleError
        The terminals are not connected.
    """
    path = Path(path)
    scan = _Scan(_content(path), str(path))
    scan.run()
    instance = scan.instance()
    _check_connected(instance, str(path))
    return instance


# ---- the file ---------------------------------------------------------------------------------


def _content(path: Path) -> bytes:
    """Return the bytes of a file of sensible size.

    Raises
    ------
    InputError
        There is no such file, it is none, too large or closed.
    """
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            what = Text("这是文件夹，不是文件", "is a folder, not a file")
        elif not stat.S_ISREG(status.st_mode):
            what = Text("不是普通文件", "is not a regular file")
        elif status.st_size > _FILE_LIMIT_BYTES:
            what = Text("文件超过 1 GB", "is larger than 1 GB")
        else:
            return path.read_bytes()
    except FileNotFoundError:
        what = Text("找不到文件", "there is no such file")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        what = Text(f"无法读取：{reason}", f"can't be read: {reason}")
    cure = Text("给出 .stp 或 .gr 文件的路径", "name a .stp or .gr file")
    raise InputError([Fault("steinlib.file", str(path), "", what, cure)])


def _shown(raw: bytes | str) -> str:
    """Return a snippet of a file that is safe to print."""
    text = raw.decode("ascii", "backslashreplace") if isinstance(raw, bytes) else raw
    text = text.strip()
    short = text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in short)


class _StopReading(Exception):  # noqa: N818 - no error: enough faults were seen
    """So many faults that the rest of the file would tell nothing new."""


class _Scan:
    """One pass over a file: what was found so far, where, and what was wrong."""

    def __init__(self, data: bytes, name: str) -> None:
        self.data = data.removeprefix(b"\xef\xbb\xbf")
        self.name = name
        self.at, self.line = 0, 0
        self.faults: list[Fault] = []
        self.claimed: dict[str, tuple[int, int]] = {}  # keyword -> number, line
        self.seen: set[str] = set()
        self.root: tuple[int, int] | None = None
        # rows of numbers in parts, each part with the line of its first row
        self.edges: list[tuple[_Integers, int]] = []
        self.terminals: list[tuple[_Integers, int]] = []

    # ---- telling ------------------------------------------------------------------------------

    def fault(self, rule: str, line: int, what: Text, cure: Text) -> None:
        """Note one fault; past a number of them the rest of the file is not looked at."""
        row = f"line {line}" if line else ""
        self.faults.append(Fault(f"steinlib.{rule}", self.name, row, what, cure))
        if len(self.faults) >= _FAULTS_SHOWN:
            raise _StopReading

    def odd_line(self, words: list[bytes], where: str) -> None:
        """Note a line that has no meaning where it stands."""
        snippet = _shown(b" ".join(words[:8]))
        what = Text(f"无法理解的行：{snippet}", f"a line without meaning {where}: {snippet}")
        self.fault("line", self.line, what, Text("删除或改正该行", "remove or correct it"))

    # ---- scanning -----------------------------------------------------------------------------

    def run(self) -> None:
        """Read the file to its end.

        Raises
        ------
        InputError
            The file is at fault.
        """
        try:
            self._sections()
            self._counts()
            if not self.faults:
                self._ranges()
        except _StopReading:
            pass
        if self.faults:
            raise InputError(self.faults)

    def _next(self) -> list[bytes] | None:
        """Return the words of the next line, ``None`` at the end of the file."""
        if self.at >= len(self.data):
            return None
        end = self.data.find(b"\n", self.at)
        end = len(self.data) if end < 0 else end
        raw = self.data[self.at : end].removesuffix(b"\r")
        self.at, self.line = end + 1, self.line + 1
        # not split(): it takes a stray carriage return or vertical tab for a space
        words = [word for word in raw.replace(b"\t", b" ").split(b" ") if word]
        return [] if words and words[0].startswith(b"#") else words

    def _sections(self) -> None:
        while (words := self._next()) is not None:
            key = words[0].lower() if words else b""
            if key == b"section":
                self._section(b" ".join(words[1:]).decode("ascii", "replace").lower())
            elif key == b"eof":
                return
            elif key and not key.startswith(b"33d32945"):  # the first word of a SteinLib file
                self.odd_line(words, "outside the sections")
        what = Text("文件没有以 EOF 结束", "the file does not end in EOF")
        cure = Text("文件可能被截断：重新取得", "it may be truncated: fetch it again")
        self.fault("truncated", self.line, what, cure)

    def _section(self, title: str) -> None:
        if _IGNORED.fullmatch(title):
            found = _SECTION_END.search(self.data, self.at)
            end = len(self.data) if found is None else found.start()
            self.line += self.data.count(b"\n", self.at, end)
            self.at = end
            if self._next() is None:
                self._no_end(title)
            return
        known = title in ("graph", "terminals", "presolve")
        if not known or title in self.seen:
            snippet = _shown(title)
            what = (
                Text(f"重复的部分 {snippet}", f"section {snippet} stands here a second time")
                if known
                else Text(f"不支持的部分 {snippet}", f"section {snippet!r} is not supported")
            )
            cure = Text("只保留一个 Graph 和一个 Terminals", "keep one Graph and one Terminals")
            self.fault("section", self.line, what, cure)
        self.seen.add(title)
        self._body(title)

    def _body(self, title: str) -> None:
        run = {"graph": _EDGE_RUN, "terminals": _TERMINAL_RUN}.get(title)
        parts, width = (self.edges, 3) if title == "graph" else (self.terminals, 1)
        while True:
            found = run.match(self.data, self.at) if run else None
            if found is not None:
                first, block = self.line + 1, found.group()
                # one line end per row, and np.fromstring splits at any white space
                rows = np.fromstring(block.translate(_BLANK).decode("ascii"), np.int64, sep=" ")
                parts.append((rows.reshape(-1, width), first))
                self.line += len(rows) // width
                self.at = found.end()
            words = self._next()
            if words is None:
                self._no_end(title)
                return
            key = words[0].lower() if words else b""
            if key == b"end" and len(words) == 1:
                return
            if key in (b"section", b"eof"):
                self._no_end(title)
                self.at -= 1  # back to the line's own start: it opens the next section
                self.at, self.line = self.data.rfind(b"\n", 0, self.at) + 1, self.line - 1
                return
            if key:
                self._entry(title, key.decode("ascii", "replace"), words)

    def _no_end(self, title: str) -> None:
        snippet = _shown(title)
        what = Text(f"{snippet} 部分没有 END", f"section {snippet} has no END")
        cure = Text("文件可能被截断：重新取得", "it may be truncated: fetch it again")
        self.fault("truncated", self.line, what, cure)

    def _entry(self, title: str, key: str, words: list[bytes]) -> None:
        """Take one line by itself: a count, a row that the bulk reader left, or a fault."""
        if title == "graph" and key in ("nodes", "edges"):
            self._claim(key, words)
        elif title == "graph" and key == "e":
            self._row(self.edges, words, 3, "E u v cost")
        elif title == "graph" and key in ("a", "arcs"):
            if (key, words[1:]) != ("arcs", [b"0"]):
                what = Text("有向弧：只支持无向图", "arcs: only undirected problems are supported")
                cure = Text("用 E u v cost 给出边", "give edges, E u v cost")
                self.fault("arc", self.line, what, cure)
                raise _StopReading  # a directed file would say so on every line
        elif title == "terminals" and key == "terminals":
            self._claim(key, words)
        elif title == "terminals" and key == "t":
            self._row(self.terminals, words, 1, "T v")
        elif title == "terminals" and key == "root" and self.root is None:
            value = self._number(words[1]) if len(words) == 2 else None
            if value is None:
                self.odd_line(words, "in section terminals")
            else:
                self.root = (value, self.line)
        elif title == "presolve" and (key in _HISTORY or words[1:] == [b"0"]):
            pass  # what a preprocessing did; a cost that it fixed would belong to the answer
        elif title not in ("graph", "terminals", "presolve"):
            pass  # a section that is at fault already
        else:
            self.odd_line(words, f"in section {title}")

    def _claim(self, key: str, words: list[bytes]) -> None:
        value = self._number(words[1]) if len(words) == 2 else None
        if value is None or key in self.claimed:
            self.odd_line(words, "(one count is meant)")
        else:
            self.claimed[key] = (value, self.line)

    def _row(
        self, parts: list[tuple[_Integers, int]], words: list[bytes], width: int, form: str
    ) -> None:
        row = [self._number(word) for word in words[1:]] if len(words) == width + 1 else []
        good = [value for value in row if value is not None]
        if len(good) == width:
            parts.append((np.array([good], dtype=np.int64), self.line))
            return
        snippet = _shown(b" ".join(words[: width + 2]))
        what = Text(f"不是 {form}：{snippet}", f"is not {form!r}: {snippet}")
        cure = Text(
            "只用非负整数；小数费用乘以 10 的幂",
            f"use whole numbers from 0 to {COST_LIMIT - 1}; scale costs by a power of ten",
        )
        self.fault("number", self.line, what, cure)

    @staticmethod
    def _number(word: bytes) -> int | None:
        """Return a whole number of 0 or more that an int64 holds with ease, else ``None``."""
        digits = word.lstrip(b"0") or b"0"
        # not str.isdigit alone: int() is slow on a million digits, and refuses them
        return int(digits) if word.isdigit() and len(digits) <= 16 else None

    # ---- what does not fit together -----------------------------------------------------------

    def _counts(self) -> None:
        found = {
            "edges": sum(len(rows) for rows, _ in self.edges),
            "terminals": sum(len(rows) for rows, _ in self.terminals),
        }
        for title in ("graph", "terminals"):
            if title not in self.seen:
                what = Text(f"缺少 {title} 部分", f"there is no section {title}")
                cure = Text("补上该部分", "add it: SECTION ... END")
                self.fault("section", 0, what, cure)
        for key in ("nodes", "edges", "terminals"):
            if key not in self.claimed:
                if ("terminals" if key == "terminals" else "graph") in self.seen:
                    what = Text(f"没有给出 {key} 的数目", f"the number of {key} is not given")
                    self.fault("count", 0, what, Text("补上该行", "add the line"))
                continue
            claimed, line = self.claimed[key]
            if key in found and claimed != found[key]:
                what = Text(
                    f"{key} 写为 {claimed}，实有 {found[key]}",
                    f"{key}: {claimed} claimed, {found[key]} found",
                )
                cure = Text("文件可能被截断：重新取得", "it may be truncated: fetch it again")
                self.fault("count", line, what, cure)
        nodes, line = self.claimed.get("nodes", (0, 0))
        if nodes > 2 * found["edges"] + found["terminals"] + _SPARE_NODES or nodes >= 2**31:
            what = Text(
                f"节点数 {nodes} 远多于边所能连接的", f"{nodes} nodes are far more than edges reach"
            )
            self.fault("count", line, what, Text("改正节点数", "correct the number of nodes"))

    def _ranges(self) -> None:
        """Check every number against the whole: nodes, costs, terminals named twice."""
        nodes = self.claimed["nodes"][0]
        for rows, first in self.edges:
            ends = rows[:, :2]
            self._outside(ends, first, nodes)
            for at in np.flatnonzero(rows[:, 2] >= COST_LIMIT).tolist():
                self._too_dear(first + at)
        for rows, first in self.terminals:
            self._outside(rows, first, nodes)
        if self.faults:
            return
        # in two halves of 26 and 27 bits: no sum of the edges of one file leaves an int64
        costs = [rows[:, 2] for rows, _ in self.edges]
        low = sum(int((cost & (2**26 - 1)).sum()) for cost in costs)
        if sum(int((cost >> 26).sum()) for cost in costs) * 2**26 + low >= COST_LIMIT:
            self._too_dear(0)
        self._twice()
        if self.root is not None and not any(
            (rows == self.root[0]).any() for rows, _ in self.terminals
        ):
            what = Text("根节点不是终端", "the root is no terminal")
            self.fault("root", self.root[1], what, Text("把它列为 T", "list it as T, too"))

    def _outside(self, rows: _Integers, first: int, nodes: int) -> None:
        bad = (rows.min(axis=1) < 1) | (rows.max(axis=1) > nodes)
        for at in np.flatnonzero(bad).tolist():
            what = Text(f"节点不在 1 到 {nodes} 之间", f"a node is not in 1 to {nodes}")
            self.fault("node", first + at, what, Text("改正该行", "correct the line"))

    def _too_dear(self, line: int) -> None:
        what = (
            Text("费用超过 2**53 - 1", "the cost is above 2**53 - 1")
            if line
            else Text("费用总和超过 2**53 - 1", "the costs add up to more than 2**53 - 1")
        )
        self.fault("cost", line, what, Text("换更大的单位", "use a larger unit of money"))

    def _twice(self) -> None:
        node, line = self._terminal_rows()
        order = np.argsort(node, kind="stable")
        again = order[1:][node[order][1:] == node[order][:-1]]
        for at in np.sort(again).tolist():
            what = Text(f"终端 {node[at]} 重复", f"terminal {node[at]} is named twice")
            self.fault("terminal", int(line[at]), what, Text("删除一行", "remove one line"))

    def _terminal_rows(self) -> tuple[_Integers, _Integers]:
        """Return all terminals as in the file, 1-based, and the line of each."""
        nodes = [np.empty(0, np.int64), *(rows[:, 0] for rows, _ in self.terminals)]
        lines = [np.empty(0, np.int64)]
        lines += [np.arange(first, first + len(rows)) for rows, first in self.terminals]
        return np.concatenate(nodes), np.concatenate(lines)

    def instance(self) -> SteinerInstance:
        """Return the value that a file without faults stands for; its arrays are read-only."""
        rows = np.concatenate([np.empty((0, 3), np.int64), *(rows for rows, _ in self.edges)])
        terminals, _ = self._terminal_rows()
        tail, head = (rows[:, :2].T - 1).astype(np.int32)
        made = SteinerInstance(
            n_nodes=self.claimed["nodes"][0],
            tail=tail,
            head=head,
            cost=np.ascontiguousarray(rows[:, 2]),
            terminals=(terminals - 1).astype(np.int32),
        )
        for array in (made.tail, made.head, made.cost, made.terminals):
            array.setflags(write=False)
        return made


# ---- connectivity -----------------------------------------------------------------------------


def _check_connected(instance: SteinerInstance, name: str) -> None:
    """Refuse terminals that no tree can connect.

    Raises
    ------
    InfeasibleError
        With two of the terminals that have no path between them.
    """
    part = _components(instance)[instance.terminals]
    apart = np.flatnonzero(part != part[:1])
    if not len(apart):
        return
    one, other = int(instance.terminals[0]) + 1, int(instance.terminals[apart[0]]) + 1
    parts = len(np.unique(part))
    what = Text(
        f"终端分属 {parts} 个互不连通的部分，如 {one} 与 {other}",
        f"the terminals lie in {parts} parts without connection, such as {one} and {other}",
    )
    cure = Text("补上缺少的边，或分开求解", "add the edges that are missing, or solve each part")
    raise InfeasibleError([Fault("steinlib.disconnected", name, "", what, cure)])


def _components(instance: SteinerInstance) -> NDArray[np.int32]:
    """Return for each node the smallest node of its component.

    Every root hooks onto the smallest root beside it, then all paths are halved until they are
    flat; a few rounds suffice. (scipy has it ready, at 0.3 s for the import alone.)
    """
    label = np.arange(instance.n_nodes, dtype=np.int32)
    tail, head = instance.tail, instance.head
    while True:
        one, other = label[tail], label[head]
        apart = one != other
        if not apart.any():
            return label
        tail, head, one, other = tail[apart], head[apart], one[apart], other[apart]
        np.minimum.at(label, np.maximum(one, other), np.minimum(one, other))
        while not np.array_equal(label, flat := label[label]):
            label = flat
