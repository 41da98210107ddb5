"""The command ``geoplan report``: the Word document and the PDF of a plan."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from geoplan.cli_inputs import load_plans, plan_names
from geoplan.errors import InputError
from geoplan.output_files import check_folder_place, staged, write_fault
from geoplan.text import Language

__all__ = ["add_arguments", "run"]

_Told = Callable[[str, str], str]


def add_arguments(parser: argparse.ArgumentParser, told: _Told) -> None:
    """Add the command's arguments; ``told`` picks the language of their help."""
    parser.add_argument("plan", metavar="PLAN.gpkg", help=told("方案文件", "plan file"))
    parser.add_argument(
        "--compare",
        nargs="+",
        default=[],
        metavar="OTHER.gpkg",
        help=told("与之比较的其他方案文件", "other plans to set beside it"),
    )
    parser.add_argument("--out", required=True, metavar="DIR", help=told("文件夹", "folder"))


def run(options: argparse.Namespace) -> list[Path]:
    """Write the report, both files or none, and return their paths.

    Raises
    ------
    InputError
        A plan can't be read (the faults of all of them are listed), the folder can't be written
        to, or a part that reports are made with is not installed.
    """
    out = Path(options.out)
    check_folder_place(out)
    from geoplan.report import write_report

    paths = [Path(name) for name in (options.plan, *options.compare)]
    plans = load_plans(paths)
    language: Language = options.lang or "zh"
    try:
        with staged(out) as stage:
            made = write_report(
                plans[0], stage, language=language, others=plans[1:], names=plan_names(paths)
            )
            names = sorted(path.name for path in made)
    except OSError as error:
        raise InputError([write_fault(error, out)]) from error
    return [out / name for name in names]
