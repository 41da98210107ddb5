"""The command ``geoplan frontier``: how much is in service for how much money."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoplan.cli_inputs import add_plan_arguments, open_plan
from geoplan.output_files import check_folder_place
from geoplan.progress import Progress
from geoplan.text import Text
from geoplan.units import CENTS_PER_YUAN, per_cent

if TYPE_CHECKING:
    from geoplan.frontier import Frontier
    from geoplan.plan import Plan

__all__ = ["add_arguments", "run", "tell", "told"]

_Told = Callable[[str, str], str]
_FEWEST, _MOST = 20, 500
_WORK = 0.05
"""Work limit of each point, as a part of the scenario's: seconds on a city's design."""


def add_arguments(parser: argparse.ArgumentParser, told: _Told) -> None:
    """Add the command's arguments; ``told`` picks the language of their help."""

    def points(text: str) -> int:
        value = int(text)
        if not _FEWEST <= value <= _MOST:
            most = told(f"须为 {_FEWEST} 至 {_MOST}", f"must be {_FEWEST} to {_MOST}")
            raise argparse.ArgumentTypeError(most)
        return value

    add_plan_arguments(parser, told)
    parser.add_argument("--out", required=True, metavar="DIR", help=told("输出文件夹", "folder"))
    parser.add_argument(
        "--points",
        type=points,
        default=21,
        metavar="N",
        help=told("资金点数，默认 21", "number of sums of money, 21 by default"),
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help=told("在标准输出打印一个JSON对象", "print one JSON object on standard output"),
    )


def run(options: argparse.Namespace, progress: Progress) -> tuple[Frontier, Plan, float]:
    """Rebuild the problem of the plan and solve every point; return it with the seconds taken.

    Raises
    ------
    InputError
        Plan and inputs do not belong together, or the folder can't be written to.
    """
    began_s = time.perf_counter()
    check_folder_place(Path(options.out))
    scenario, rebuilt = open_plan(options, progress)
    from geoplan.frontier import money_frontier

    frontier = money_frontier(
        rebuilt,
        points=options.points,
        seed=scenario.solve.seed,
        work_limit=_WORK * scenario.solve.work_limit,
        time_limit_s=scenario.solve.time_limit_s,
        progress=progress,
    )
    return frontier, rebuilt.plan, time.perf_counter() - began_s


def told(frontier: Frontier, seconds: float, files: list[Path]) -> dict[str, Any]:
    """Return what JSON says."""
    return {
        "status": "time_limit" if frontier.struck_time_limit else "done",
        "nested": frontier.nested,
        "points": frontier.table.to_dict("records"),
        "seconds": round(seconds, 3),
        "files": [path.as_posix() for path in files],
    }


def tell(frontier: Frontier) -> Text:
    """Return a line per point: money, weight reached, its bound."""
    zh, en = [], []
    for row in frontier.table.to_dict("records"):
        yuan = f"{row['money_cents'] / CENTS_PER_YUAN:>16,.0f}"
        share = f"{per_cent(row['weight_share'], 2):>6}%"
        bound = f"{per_cent(row['weight_bound_share'], 2, up=True):>6}%"
        towns = f"{row['townships']:4d}"
        zh.append(f"{yuan} 元  权重 {share}（上界 {bound}）  乡镇街道 {towns}")
        en.append(f"{yuan} yuan  weight {share} (bound {bound})  townships {towns}")
    if not frontier.nested:
        zh.append("资金更多时，少数站点会让位给别的站点：各点相互独立，见 left 一列")
        en.append("with more money some sites make way for others: points are solved by themselves")
    return Text("\n".join(zh), "\n".join(en))
