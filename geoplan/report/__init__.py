"""The report: a Word document and a PDF, made from the plan alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from geoplan.plan import Plan
from geoplan.report.compose import compose
from geoplan.report.fonts import find_fonts
from geoplan.report.pdf import pdf_bytes
from geoplan.report.word import word_bytes
from geoplan.text import Language

__all__ = ["write_report"]


def write_report(
    plan: Plan,
    out_dir: Path,
    *,
    language: Language = "zh",
    others: Sequence[Plan] = (),
    names: Sequence[str] = (),
) -> list[Path]:
    """Write ``report-<language>.docx`` and ``.pdf`` into ``out_dir`` and return their paths.

    The folder must exist; files of the same name are replaced. The same plan gives the same
    bytes.

    Parameters
    ----------
    others
        Plans to set beside this one in a section of their own.
    names
        What this plan and the others are called there (their files' names, say): plans of one
        scenario have one title.

    Raises
    ------
    InputError
        A part that reports are made with is not installed (extra ``report``).
    OSError
        The folder can't be written to.
    """
    fonts = find_fonts()
    document = compose(plan, fonts, language=language, others=others, names=names)
    files = {
        out_dir / f"report-{language}.docx": word_bytes(document),
        out_dir / f"report-{language}.pdf": pdf_bytes(document, fonts),
    }
    for path, content in files.items():
        path.write_bytes(content)
    return list(files)
