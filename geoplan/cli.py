"""The command line: parse, call, print, exit code. Nothing is computed here.

Exit codes: 0 done, 1 a rule is broken (``check``), 2 bad input, 3 infeasible, no plan in time or
no answer from a server (``roads``), 130 interrupted (``plan`` still writes the best plan found, and
says so). Standard output carries JSON only; what a person reads goes to standard error.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from geoplan import (
    __version__,
    cli_compare_map,
    cli_export,
    cli_frontier,
    cli_report,
    cli_roads,
    cli_steiner,
    cli_why,
)
from geoplan.cli_inputs import add_output_argument
from geoplan.cli_parser import Parser
from geoplan.ctrl_c import ctrl_c
from geoplan.end_process import end_process
from geoplan.errors import (
    Fault,
    GeoplanError,
    InfeasibleError,
    InputError,
    NoAnswerError,
    NoPlanError,
)
from geoplan.output_files import check_file_place, check_folder_place, staged, write_fault
from geoplan.plan_words import half
from geoplan.stopping import Interruption
from geoplan.terminal import Terminal, language_of
from geoplan.text import LANGUAGES, Language, Text

if TYPE_CHECKING:  # the stages are loaded by the command that needs them
    from geoplan.plan import Plan

__all__ = ["main", "run"]

PLAN_FILE, MAP_FILE = "plan.gpkg", "map.html"
_NOTES_ALL, _NOTES_SAMPLE = 12, 3  # of one kind: all of a few, some of many
_MARKS = {True: "✓", False: "✗", None: "·"}
_INTERRUPTED, _TERMINATED = 130, 143
_Command = Callable[[argparse.Namespace, Terminal], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    if hasattr(signal, "SIGTERM"):
        signal.signal(signal.SIGTERM, _terminate)
    language = language_of(os.environ)
    options = _parser(language).parse_args(arguments)
    terminal = Terminal(options.lang or language)
    command: _Command = options.command
    try:
        return command(options, terminal)
    except GeoplanError as error:
        terminal.faults(error)
        if getattr(options, "json", False):
            _print_json(_failure(error, terminal.language))
        return error.exit_code
    except KeyboardInterrupt:
        terminal.say(Text("已中断，没有写出文件", "interrupted; nothing was written"))
        if getattr(options, "json", False):
            _print_json({"status": "interrupted", "files": []})
        return _INTERRUPTED


def run() -> NoReturn:
    """Run one command and end the process with its exit code."""
    end_process(main)


def _terminate(number: int, frame: object) -> None:
    """Turn the request to stop into an exit that cleans up behind itself."""
    raise SystemExit(_TERMINATED)


def _failure(error: GeoplanError, language: Language) -> dict[str, Any]:
    """Return what JSON says when there is no plan: status and the faults."""
    status = "bad_input"
    if isinstance(error, InfeasibleError):
        status = "infeasible"
    elif isinstance(error, NoPlanError):
        status = "unknown"
    elif isinstance(error, NoAnswerError):
        status = "no_answer"
    faults = [
        {
            "rule": fault.rule,
            "layer": fault.layer,
            "row": fault.row,
            "what": fault.what.get(language),
            "cure": fault.cure.get(language),
        }
        for fault in error.faults
    ]
    return {"status": status, "faults": faults}


# ---- the commands -----------------------------------------------------------------------------


def _plan(options: argparse.Namespace, terminal: Terminal) -> int:
    """Plan and write; a first Ctrl-C ends the search and what was found is written."""
    keeping = Text(
        "已中断：正在写出到目前为止最好的方案（再按一次 Ctrl-C 立即退出，不写文件）",
        "interrupted: writing the best plan found so far (Ctrl-C again: stop at once, write "
        "nothing)",
    )
    with ctrl_c(lambda: terminal.say(keeping)) as interruption:
        _plan_and_write(options, terminal, interruption)
    # a plan was written, but not the one that was asked for: no script should go on with it
    return _INTERRUPTED if interruption.requested else 0


def _plan_and_write(
    options: argparse.Namespace, terminal: Terminal, interruption: Interruption
) -> None:
    began_s = time.perf_counter()
    out = Path(options.out)
    check_folder_place(out)
    with _quiet_libraries():
        plan = _make_plan(options, terminal, interruption)
    terminal.progress("write", 0.0)
    language: Language = options.lang or "zh"

    def write(stage: Path) -> None:
        from geoplan.export import export_packs
        from geoplan.maps import render_map
        from geoplan.plan_file import save_plan

        save_plan(plan, stage / PLAN_FILE)
        terminal.progress("write", 0.5)
        render_map(plan, stage / MAP_FILE, language=language)
        terminal.progress("write", 0.7)
        export_packs(plan, stage, language=language)

    files = _write_all(out, write, replace_lists=True)
    terminal.progress("write", 1.0)
    _tell_plan(plan, files, terminal)
    if options.json:
        seconds = round(time.perf_counter() - began_s, 3)
        paths = [path.as_posix() for path in files]
        _print_json({**plan.summary(), "seconds": seconds, "files": paths})


def _make_plan(options: argparse.Namespace, terminal: Terminal, interruption: Interruption) -> Plan:
    """Read what the command names and plan it."""
    from geoplan.datasets import tianjin_scenario
    from geoplan.read import read_inputs

    terminal.progress("read", 0.0)
    scenario, layers = read_inputs(options.scenario or tianjin_scenario(), roads=options.roads)
    terminal.progress("read", 1.0)
    # here and not above: a fault of the input is told before the solver is loaded
    from geoplan.optimize.side_by_side import beside
    from geoplan.pipeline import make_plan

    with beside(_load_writers):
        return make_plan(scenario, layers, progress=terminal.progress, interruption=interruption)


def _load_writers() -> None:
    """Load what writes the files of a plan: half a second, while the search leaves a core idle."""
    import geoplan.export.csv
    import geoplan.export.excel
    import geoplan.maps
    import geoplan.plan_file  # noqa: F401


def _check(options: argparse.Namespace, terminal: Terminal) -> int:
    from geoplan.verify import check_plan

    report = check_plan(Path(options.plan))
    for rule in report.rules:
        terminal.say(f"{_MARKS[rule.holds]} {rule.id}: {rule.detail.get(terminal.language)}")
    terminal.say(
        Text("核查通过", "the plan holds") if report.ok else Text("核查不通过", "a rule is broken")
    )
    if options.json:
        _print_json(report.to_json(terminal.language))
    return 0 if report.ok else 1


def _map(options: argparse.Namespace, terminal: Terminal) -> int:
    from geoplan.maps import render_map
    from geoplan.plan_file import load_plan

    target = Path(options.output)
    check_file_place(target)
    plan = load_plan(Path(options.plan))
    try:
        render_map(plan, target, language=options.lang or "zh", tile_url=options.tiles)
    except OSError as error:
        raise InputError([write_fault(error, target)]) from error
    terminal.say(str(target))
    return 0


def _compare_map(options: argparse.Namespace, terminal: Terminal) -> int:
    terminal.say(str(cli_compare_map.run(options)))
    return 0


def _export(options: argparse.Namespace, terminal: Terminal) -> int:
    for path in cli_export.run(options):
        terminal.say(str(path))
    return 0


def _report(options: argparse.Namespace, terminal: Terminal) -> int:
    for path in cli_report.run(options):
        terminal.say(str(path))
    return 0


def _roads(options: argparse.Namespace, terminal: Terminal) -> int:
    with _quiet_libraries():
        answer = cli_roads.run(options, terminal.say)
    terminal.say(cli_roads.tell(answer))
    if options.json:
        _print_json(answer)
    return 0


def _steiner(options: argparse.Namespace, terminal: Terminal) -> int:
    with _quiet_libraries():
        answer = cli_steiner.run(options)
    terminal.say(cli_steiner.tell(answer))
    if options.json:
        _print_json(answer)
    return 0


def _why(options: argparse.Namespace, terminal: Terminal) -> int:
    with _quiet_libraries():
        answer, told = cli_why.run(options, terminal.progress)
    terminal.say(cli_why.tell(answer))
    if options.json:
        _print_json(told)
    return 0


def _frontier(options: argparse.Namespace, terminal: Terminal) -> int:
    with _quiet_libraries():
        frontier, plan, seconds = cli_frontier.run(options, terminal.progress)
    from geoplan.export.frontier import write_frontier

    language: Language = options.lang or "zh"
    files = _write_all(
        Path(options.out), lambda stage: write_frontier(frontier, plan, stage, language=language)
    )
    terminal.say(cli_frontier.tell(frontier))
    for path in files:
        terminal.say(f"  {path}")
    if options.json:
        _print_json(cli_frontier.told(frontier, seconds, files))
    return 0


def _write_all(
    out: Path, write: Callable[[Path], object], *, replace_lists: bool = False
) -> list[Path]:
    """Write files through a hidden folder; return their paths in ``out`` in order of name.

    Raises
    ------
    InputError
        The place can't be written to.
    """
    try:
        with staged(out, replace_lists=replace_lists) as stage:
            write(stage)
            names = sorted(path.name for path in stage.iterdir())
    except OSError as error:
        raise InputError([write_fault(error, out)]) from error
    return [out / name for name in names]


# ---- what is told -----------------------------------------------------------------------------


def _tell_plan(plan: Plan, files: Sequence[Path], terminal: Terminal) -> None:
    """Say what was planned: cost and proof, reach, phases, what to mind, where the files are."""
    from geoplan.summary import summary_lines

    mark = plan.provenance[f"classification_{terminal.language}"]
    for line in ([mark] if mark else []) + summary_lines(plan, terminal.language):
        terminal.say(line)
    for _, notes in plan["notes"].groupby("rule", sort=False):
        shown = len(notes) if len(notes) <= _NOTES_ALL else _NOTES_SAMPLE
        terminal.lines(map(_note, notes.head(shown).to_dict("records")))
        rest = len(notes) - shown
        if rest > 0:
            more = Text(f"  同类另有 {rest} 条，见提示表", f"  and {rest} more of these: see notes")
            terminal.say(more)
    for line in plan.provenance["attributions"]:
        terminal.say(half(str(line), terminal.language))
    for path in files:
        terminal.say(f"  {path}")


def _note(note: Mapping[Any, Any]) -> Fault:
    """Return a row of the table of notes as what it was."""
    return Fault(
        str(note["rule"]),
        str(note["layer"]),
        str(note["row"]),
        Text(str(note["what_zh"]), str(note["what_en"])),
        Text(str(note["cure_zh"]), str(note["cure_en"])),
    )


@contextmanager
def _quiet_libraries() -> Iterator[None]:
    """Keep what solvers print from native code off standard output: JSON only goes there."""
    sys.stdout.flush()
    try:
        stdout = sys.__stdout__.fileno() if sys.__stdout__ else None
        kept = None if stdout is None else os.dup(stdout)
    except (OSError, ValueError):  # no real standard output to keep clean
        kept = stdout = None
    if stdout is None or kept is None:
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stdout)
    try:
        yield
    finally:
        os.dup2(kept, stdout)
        os.close(kept)
        os.close(nowhere)


def _print_json(value: dict[str, Any]) -> None:
    """Print one JSON object on standard output; a reader who went away is no error."""
    try:
        print(json.dumps(value, ensure_ascii=False, allow_nan=False), flush=True)
    except BrokenPipeError:
        # the interpreter flushes once more at exit: give it something to flush into
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


# ---- the parser -------------------------------------------------------------------------------


def _parser(language: Language) -> argparse.ArgumentParser:
    """Build the parser; its help is in the language of the person."""

    def told(zh: str, en: str) -> str:
        return Text(zh, en).get(language)

    about = Text(
        "电子政务外网延伸规划：费用最低，附证明", "plan an e-government extranet at least cost"
    )
    parser = Parser(prog="geoplan", language=language, description=about.get(language))
    version, version_help = f"geoplan {__version__}", told("显示版本", "show the version")
    parser.add_argument("--version", action="version", version=version, help=version_help)
    commands = parser.add_subparsers(
        required=True, metavar=told("命令", "COMMAND"), title=told("命令", "commands")
    )

    def command(name: str, run: _Command, zh: str, en: str) -> argparse.ArgumentParser:
        made = commands.add_parser(
            name, help=told(zh, en), description=told(zh, en), language=language
        )
        made.set_defaults(command=run)
        made.add_argument(
            "--lang", choices=LANGUAGES, help=told("消息与文件的语言", "language of text and files")
        )
        return made

    one = command("plan", _plan, "编制分期方案", "make a phased plan")
    one.add_argument(
        "scenario",
        nargs="?",
        metavar="SCENARIO.toml",
        help=told(
            "情景文件；默认为内置的天津数据", "scenario; the embedded Tianjin one by default"
        ),
    )
    one.add_argument(
        "--roads", metavar="FILE", help=told("道路图层（任何OGR格式）", "roads (any OGR source)")
    )
    one.add_argument(
        "--out", default="out", metavar="DIR", help=told("输出文件夹，默认 out", "default: out")
    )
    json_help = told("在标准输出打印一个JSON对象", "print one JSON object on standard output")
    one.add_argument("--json", action="store_true", help=json_help)

    plan_help = told("方案文件", "plan file")
    two = command("check", _check, "独立核查方案文件", "check a plan without any solver")
    two.add_argument("plan", metavar="PLAN.gpkg", help=plan_help)
    two.add_argument("--json", action="store_true", help=json_help)

    three = command("map", _map, "绘制离线地图", "draw the offline map")
    three.add_argument("plan", metavar="PLAN.gpkg", help=plan_help)
    add_output_argument(three, told, "FILE.html")
    tiles_help = told("底图瓦片地址（可选）", "background tiles, https://host/{z}/{x}/{y}.png")
    three.add_argument("--tiles", metavar="URL", help=tiles_help)

    four = command("export", _export, "导出施工资料", "write the contractor packs")
    cli_export.add_arguments(four, told)

    five = command("steiner", _steiner, "求解斯坦纳树", "solve a Steiner tree problem")
    cli_steiner.add_arguments(five, told)

    six = command("roads", _roads, "获取城市的道路", "fetch the roads of a city")
    cli_roads.add_arguments(six, told)

    seven = command("why", _why, "说明某站点为何不能更早", "why a site is not earlier")
    cli_why.add_arguments(seven, told)

    eight = command("frontier", _frontier, "资金与覆盖曲线", "coverage against money")
    cli_frontier.add_arguments(eight, told)

    nine = command("report", _report, "编制规划报告", "write the report (Word and PDF)")
    cli_report.add_arguments(nine, told)

    ten = command("compare-map", _compare_map, "多个方案对比地图", "plans side by side on a map")
    cli_compare_map.add_arguments(ten, told)
    return parser


if __name__ == "__main__":
    run()
