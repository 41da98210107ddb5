"""Readers of a written report: Word through python-docx, PDF through pypdf, nothing of geoplan."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass

import docx
import pypdf
from docx.table import Table
from docx.text.paragraph import Paragraph

_NUMBERED = re.compile(r"(表 \d+　|Table \d+ {2})")


@dataclass(frozen=True)
class Word:
    """What a Word document says: paragraphs in order, and tables by caption."""

    paragraphs: list[str]
    tables: dict[str, list[list[str]]]
    pictures: int


def read_word(content: bytes) -> Word:
    """Read a document; a caption stands right above its table."""
    file = docx.Document(io.BytesIO(content))
    paragraphs: list[str] = []
    tables: dict[str, list[list[str]]] = {}
    for part in file.iter_inner_content():
        if isinstance(part, Paragraph):
            if part.text:
                paragraphs.append(part.text)
        elif isinstance(part, Table):
            caption = _NUMBERED.sub("", paragraphs[-1])
            assert caption != paragraphs[-1], f"no number on {caption}"
            assert caption not in tables
            tables[caption] = [[cell.text for cell in row.cells] for row in part.rows]
    return Word(paragraphs, tables, len(file.inline_shapes))


def squeezed(text: str) -> str:
    """Text without any white space: lines break where the page ends."""
    return re.sub(r"\s", "", text)


def read_pdf(content: bytes) -> str:
    """All text of a PDF without white space, headers and page numbers left out."""
    pages = []
    for page in pypdf.PdfReader(io.BytesIO(content)).pages:
        lines = page.extract_text().split("\n")
        assert re.fullmatch(r"\d+\s/\s\d+", lines[-1].strip()), lines[-1]
        pages.append(lines[:-1])
    # a long title takes more than one line above every page
    header = 1
    while len(pages) > 1 and len({lines[header] for lines in pages}) == 1:
        header += 1
    return "".join(squeezed("".join(lines[header:])) for lines in pages)


def fonts_of(content: bytes) -> set[str]:
    """Names of the fonts in a PDF, without the mark of the subset."""
    names = set()
    for page in pypdf.PdfReader(io.BytesIO(content)).pages:
        for font in page["/Resources"].get("/Font", {}).values():
            names.add(re.sub(r"^/[A-Z]{6}\+", "", font.get_object()["/BaseFont"]))
    return names
