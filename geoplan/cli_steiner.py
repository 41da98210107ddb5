"""The command ``geoplan steiner``: one Steiner tree problem, its tree and the proof."""

from __future__ import annotations

import argparse
import math
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoplan.errors import Fault, InputError
from geoplan.output_files import check_file_place, write_fault
from geoplan.text import Text

if TYPE_CHECKING:  # loaded by the command itself, after its arguments are found good
    import numpy as np
    from numpy.typing import NDArray

    from geoplan.optimize.steiner.instance import SteinerInstance

__all__ = ["add_arguments", "run", "tell", "write_tree"]

_Told = Callable[[str, str], str]


def add_arguments(parser: argparse.ArgumentParser, told: _Told) -> None:
    """Add the command's arguments; ``told`` picks the language of their help."""

    def amount(text: str) -> float:
        value = float(text)
        if not (math.isfinite(value) and value >= 0.0):
            raise argparse.ArgumentTypeError(told("须为 0 或以上的数", "must be 0 or more"))
        return value

    def seed(text: str) -> int:
        value = int(text)
        if not 0 <= value < 2**31:
            raise argparse.ArgumentTypeError(told("须在 0 与 2**31 之间", "must be in 0..2**31-1"))
        return value

    def add(flag: str, kind: Callable[[str], object], default: object, zh: str, en: str) -> None:
        metavar = {"--time-limit": "S", "--gap": "G", "--seed": "N"}[flag]
        parser.add_argument(flag, type=kind, default=default, metavar=metavar, help=told(zh, en))

    parser.add_argument(
        "file", metavar="FILE", help=told("SteinLib .stp 或 PACE .gr 文件", ".stp or .gr file")
    )
    add("--time-limit", amount, 60.0, "时限（秒），默认 60", "seconds, 60 by default")
    add("--gap", amount, 0.0, "达到该差距即停，默认 0", "stop at this gap, 0 by default")
    add("--seed", seed, 1, "随机种子，默认 1", "seed, 1 by default")
    parser.add_argument(
        "--solution", metavar="OUT", help=told("写出树，每行一条边", "write the tree: u v per line")
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help=told("在标准输出打印一个JSON对象", "print one JSON object on standard output"),
    )


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Read, solve, write the tree where it is asked for, and return the answer as JSON.

    The time limit holds for reading and solving together; ``seconds`` count both.

    Raises
    ------
    InputError
        The file is at fault, or the solution can't be written.
    InfeasibleError
        The terminals are not connected.
    """
    from geoplan.steinlib import read_steiner

    out = None if options.solution is None else Path(options.solution)
    if out is not None:
        _check_solution_place(out, Path(options.file))
    began_s = time.perf_counter()
    instance = read_steiner(options.file)
    read_s = time.perf_counter() - began_s
    # here and not above: a fault of the input is told before the solver is loaded
    from geoplan.optimize.steiner.solve import solve_steiner

    result = solve_steiner(
        instance,
        seed=options.seed,
        time_limit_s=max(0.0, options.time_limit - read_s),
        target_gap=options.gap,
    )
    if out is not None:
        try:
            write_tree(out, instance, result.edges)
        except OSError as error:
            raise InputError([write_fault(error, out)]) from error
    return {
        "cost": int(result.cost),
        "bound": int(result.bound),
        # no number says how far a cost is above a bound of nothing
        "gap": float(result.gap) if math.isfinite(result.gap) else None,
        "status": result.status,
        "seconds": round(read_s + result.seconds, 3),
        "nodes": instance.n_nodes,
        "edges": instance.n_edges,
        "terminals": len(instance.terminals),
    }


def tell(answer: dict[str, Any]) -> Text:
    """Return what was found in one line."""
    gap = "-" if answer["gap"] is None else f"{answer['gap']:.4%}"
    cost, bound, seconds = answer["cost"], answer["bound"], answer["seconds"]
    if answer["status"] == "optimal":
        return Text(
            f"费用 {cost}，已证明最优，{seconds:.2f} 秒", f"cost {cost}, optimal, {seconds:.2f} s"
        )
    return Text(
        f"费用 {cost}，下界 {bound}，差距 {gap}，{seconds:.2f} 秒",
        f"cost {cost}, bound {bound}, gap {gap}, {seconds:.2f} s",
    )


def write_tree(path: Path, instance: SteinerInstance, edges: NDArray[np.int32]) -> None:
    """Write the edges of a tree, one ``u v`` per line, 1-based; the whole file or none of it.

    Raises
    ------
    OSError
        The place can't be written to.
    """
    pairs = zip(instance.tail[edges].tolist(), instance.head[edges].tolist(), strict=True)
    text = "".join(f"{tail + 1} {head + 1}\n" for tail, head in pairs)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="ascii", newline="\n") as stream:
            stream.write(text)
        # mkstemp makes private files; a solution is meant to be passed on
        part.chmod(0o644)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _check_solution_place(out: Path, source: Path) -> None:
    """Refuse a solution file that can't be written or would take the problem's own place."""
    check_file_place(out)
    if out.exists() and source.exists() and out.samefile(source):
        what = Text("会覆盖题目文件", "would overwrite the problem itself")
        cure = Text("请用 --solution 指定另一个文件", "name another file with --solution")
        raise InputError([Fault("output.place", str(out), "", what, cure)])
