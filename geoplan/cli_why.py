"""The command ``geoplan why``: what having a site one phase earlier would cost and displace."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from geoplan.cli_inputs import add_plan_arguments, open_plan
from geoplan.progress import Progress
from geoplan.text import Text
from geoplan.units import CENTS_PER_YUAN

if TYPE_CHECKING:
    from geoplan.why import Earlier, Move

__all__ = ["add_arguments", "run", "tell"]

_Told = Callable[[str, str], str]
_SHOWN = 20
"""Sites that are named to a person; all of them stand in the JSON."""


def add_arguments(parser: argparse.ArgumentParser, told: _Told) -> None:
    """Add the command's arguments; ``told`` picks the language of their help."""
    add_plan_arguments(parser, told)
    parser.add_argument("site", metavar="SITE", help=told("站点编号 site_id", "id of the site"))
    parser.add_argument(
        "--json",
        action="store_true",
        help=told("在标准输出打印一个JSON对象", "print one JSON object on standard output"),
    )


def run(options: argparse.Namespace, progress: Progress) -> tuple[Earlier, dict[str, Any]]:
    """Rebuild the problem of the plan, solve it with the site earlier, and return the answer.

    Raises
    ------
    InputError
        Plan and inputs do not belong together, or the site can't be asked for.
    InfeasibleError
        The site can't be had earlier on these routes: the faults price every way out.
    """
    began_s = time.perf_counter()
    scenario, rebuilt = open_plan(options, progress)
    from geoplan.why import ask_earlier

    answer = ask_earlier(
        rebuilt,
        options.site,
        seed=scenario.solve.seed,
        work_limit=scenario.solve.work_limit,
        time_limit_s=scenario.solve.time_limit_s,
    )
    moved = [
        after - before
        for before, after in zip(answer.cost_cents, answer.cost_asked_cents, strict=True)
    ]
    return answer, {
        "status": "done",
        **asdict(answer),
        "moved_cents": moved,
        "seconds": round(time.perf_counter() - began_s, 3),
    }


def tell(answer: Earlier) -> Text:
    """Return what a person is told."""
    lines = list(_lines(answer))
    return Text("\n".join(line.zh for line in lines), "\n".join(line.en for line in lines))


def _lines(answer: Earlier) -> Iterator[Text]:
    now, asked = Text("未接入", "not served"), answer.phase_names[answer.asked - 1]
    if answer.phase:
        name = answer.phase_names[answer.phase - 1]
        now = Text(f"在{name.zh}", f"in {name.en}")
    yield Text(
        f"{answer.name}（{answer.site_id}）：方案中{now.zh}；若须在{asked.zh}末前接入：",
        f"{answer.name} ({answer.site_id}) is {now.en}; to have it by the end of {asked.en}:",
    )
    yield _loss(answer)
    for name, moves in (
        (Text("推迟", "later"), answer.later),
        (Text("提前", "sooner"), answer.sooner),
    ):
        yield Text(
            f"  {name.zh}的站点 {len(moves)} 个", f"  sites that come {name.en}: {len(moves)}"
        )
        yield from (_move(move, answer.phase_names) for move in moves[:_SHOWN])
        if len(moves) > _SHOWN:
            rest = len(moves) - _SHOWN
            yield Text(f"    另有 {rest} 个，见 --json", f"    and {rest} more: see --json")
    pairs = zip(answer.cost_cents, answer.cost_asked_cents, strict=True)
    for k, (before, after) in enumerate(pairs, start=1):
        change = f"{(after - before) / CENTS_PER_YUAN:+,.2f}"
        name = answer.phase_names[k - 1]
        yield Text(f"  {name.zh}支出 {change} 元", f"  {name.en} spends {change} yuan")
    yuan = f"{answer.extra_cents / CENTS_PER_YUAN:,.2f}"
    yield Text(
        f"  若任何站点都不推迟：{asked.zh}须再拨 {yuan} 元（沿用方案的路由，精确值）",
        f"  with no site later at all: {yuan} yuan more released in {asked.en} "
        "(exact, on the plan's routes)",
    )


def _loss(answer: Earlier) -> Text:
    """Say what is lost, and what is proven about it."""
    most, least = f"{answer.lost_most:,d}", f"{answer.lost_least:,d}"
    share = f"{answer.lost_most / max(1, answer.value):.2%}"
    if answer.proven:
        return Text(
            f"  分期目标损失 {most}（{share}）；在方案的路由上已证明为最少，改线未计入",
            f"  the phase objective loses {most} ({share}): proven least on the plan's routes; "
            "other routes are not considered",
        )
    if answer.lost_least <= 0:
        return Text(
            f"  分期目标损失至多 {most}（{share}）；是否必有损失尚未证明；改线未计入",
            f"  the phase objective loses {most} ({share}) at most; that anything must be lost "
            "is not proven; other routes are not considered",
        )
    return Text(
        f"  分期目标损失至多 {most}（{share}），在方案的路由上已证明至少 {least}；改线未计入",
        f"  the phase objective loses {most} ({share}) at most, proven to be {least} at least on "
        "the plan's routes; other routes are not considered",
    )


def _move(move: Move, names: Sequence[Text]) -> Text:
    def when(phase: int) -> Text:
        return names[phase - 1] if phase else Text("不接入", "not served")

    before, after = when(move.before), when(move.after)
    return Text(
        f"    {move.name}（{move.site_id}）：{before.zh} → {after.zh}",
        f"    {move.name} ({move.site_id}): {before.en} -> {after.en}",
    )
