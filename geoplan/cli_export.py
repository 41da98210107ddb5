"""The command ``geoplan export``: packs for contractors, lists and drawings."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from geoplan.cli_inputs import load_plans
from geoplan.errors import Fault, InputError
from geoplan.output_files import check_folder_place, staged, write_fault
from geoplan.text import Language, Text, nearest

if TYPE_CHECKING:
    from geoplan.plan import Plan

__all__ = ["add_arguments", "run"]

_Told = Callable[[str, str], str]


def add_arguments(parser: argparse.ArgumentParser, told: _Told) -> None:
    """Add the command's arguments; ``told`` picks the language of their help."""
    parser.add_argument("plan", metavar="PLAN.gpkg", help=told("方案文件", "plan file"))
    parser.add_argument("--out", required=True, metavar="DIR", help=told("文件夹", "folder"))
    parser.add_argument(
        "--format",
        dest="formats",
        metavar="A,B",
        help=told(
            "格式，逗号分隔，默认全部：xlsx,csv,gpkg,kmz,dxf,shp,ofds",
            "formats, separated by commas; all by default: xlsx,csv,gpkg,kmz,dxf,shp,ofds",
        ),
    )
    parser.add_argument(
        "--phase", metavar="K", help=told("只导出第 K 期", "phase K only, by its number")
    )
    parser.add_argument(
        "--lot",
        metavar="L",
        help=told(
            "只导出标段 L（代码），可与 --phase 合用", "lot L only, by its code; with --phase too"
        ),
    )


def run(options: argparse.Namespace) -> list[Path]:
    """Write the packs, all files or none, and return their paths in order of name.

    Raises
    ------
    InputError
        The plan can't be read, a format, the phase or the lot is none, nothing of the lot is
        built in the phase, or the folder can't be written to.
    """
    out = Path(options.out)
    check_folder_place(out)
    from geoplan.export import FORMATS, export_packs

    formats = FORMATS
    if options.formats is not None:
        formats = tuple(filter(None, (name.strip() for name in options.formats.split(","))))
    faults = [_format_fault(name, FORMATS) for name in formats if name not in FORMATS]
    if not formats:
        faults.append(_format_fault("", FORMATS))
    try:
        (plan,) = load_plans([Path(options.plan)])
    except InputError as error:  # without a plan, phase and lot can't be looked up
        raise InputError([*faults, *error.faults]) from error
    phase = _phase(options.phase, plan, faults)
    _check_lot(options.lot, phase, plan, faults)
    if faults:
        raise InputError(faults)
    language: Language = options.lang or "zh"
    try:
        with staged(out) as stage:
            export_packs(
                plan, stage, language=language, formats=formats, phase=phase, lot=options.lot
            )
            names = sorted(path.name for path in stage.iterdir())
    except OSError as error:
        raise InputError([write_fault(error, out)]) from error
    return [out / name for name in names]


def _phase(asked: str | None, plan: Plan, faults: list[Fault]) -> int | None:
    """Return the number of the phase asked for; one that the plan has not is a fault."""
    numbers = {str(number): int(number) for number in plan["phases"]["number"]}
    if asked is None or asked in numbers:
        return None if asked is None else numbers[asked]
    known = ", ".join(numbers)
    faults.append(
        Fault(
            "export.phase",
            "--phase",
            asked,
            Text("方案没有这一期", "the plan has no such phase"),
            Text(f"可选：{known}", f"one of {known}"),
        )
    )
    return None


def _check_lot(lot: str | None, phase: int | None, plan: Plan, faults: list[Fault]) -> None:
    """Add a fault if the plan has no such lot, or nothing of it is built in what is asked for."""
    from geoplan.export import Selection, known_lots

    if lot is None:
        return
    known = known_lots(plan)
    if lot not in known:
        faults.append(_no_lot(lot, known, plan))
        return
    if Selection(phase, lot).numbers(plan):
        return
    there = ", ".join(map(str, Selection(lot=lot).numbers(plan)))
    if not there:
        what = Text("没有任何一期建设该标段", "no phase builds anything of this lot")
        cure = Text("换一个标段，或不给 --lot", "ask for another lot, or leave --lot out")
    else:
        what = Text(
            f"该标段在第 {phase} 期没有工程", f"nothing of this lot is built in phase {phase}"
        )
        cure = Text(
            f"该标段有工程的分期：{there}；改用其一，或不给 --phase",
            f"phases in which it is built: {there}; ask for one of them, or leave --phase out",
        )
    faults.append(Fault("export.lot", "--lot", lot, what, cure))


def _no_lot(lot: str, known: tuple[str, ...], plan: Plan) -> Fault:
    """Return the fault of a lot that the plan has not; a name in place of a code is understood."""
    from geoplan.export.tables import lot_name

    names = {code: Text(lot_name(plan, code, "zh"), lot_name(plan, code, "en")) for code in known}
    called = {
        **{name: code for code, text in names.items() for name in (text.en, text.zh)},
        **{code: code for code in known},
    }
    close = nearest(lot, called)
    listed = Text(
        "、".join(f"{code} {text.zh}" for code, text in names.items()),
        ", ".join(f"{code} {text.en}" for code, text in names.items()),
    )
    meant = called.get(close, "")
    return Fault(
        "export.lot",
        "--lot",
        lot,
        Text("方案没有这个标段", "the plan has no such lot"),
        Text(
            f"是否指 {meant}？可选：{listed.zh}" if meant else f"可选：{listed.zh}",
            f"did you mean {meant}? One of {listed.en}" if meant else f"one of {listed.en}",
        ),
    )


def _format_fault(name: str, known: tuple[str, ...]) -> Fault:
    close, listed = nearest(name, known), ", ".join(known)
    return Fault(
        "export.format",
        "--format",
        name,
        Text("没有这种格式", "there is no such format"),
        Text(
            f"是否指 {close}？可选：{listed}" if close else f"可选：{listed}",
            f"did you mean {close}? One of {listed}" if close else f"one of {listed}",
        ),
    )
