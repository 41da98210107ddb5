"""Word and PDF draw the same blocks: texts stay texts, bytes stay the same."""

from __future__ import annotations

import io
import re
import zipfile
from functools import cache

import docx
import pypdf
import pytest
from fontTools.ttLib import TTFont
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from report_plan import HOSTILE, LONG
from report_reading import fonts_of, read_pdf, read_word, squeezed

from geoplan.report.blocks import (
    Block,
    Document,
    Figure,
    Heading,
    PageBreak,
    Paragraph,
    Table,
)
from geoplan.report.fonts import find_fonts, written
from geoplan.report.pdf import pdf_bytes
from geoplan.report.pictures import Pen
from geoplan.report.word import word_bytes

# a PNG of one white pixel
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8ffff3f0005fe02fe0def46b80000000049454e44ae426082"
)


def document(text: str, language: str = "zh") -> Document:
    """A document with ``text`` in every place that text can stand in."""
    blocks: tuple[Block, ...] = (
        Heading(1, text), Heading(2, text), Paragraph(text), Paragraph(text, "warning"),
        Paragraph(text, "note"),
        Table(f"表 1　{text}", (text, "b"), ((text, "1,234.56"), ("x", text)), ("left", "right"),
              (2.0, 1.0), totals=1),
        PageBreak(),
        Figure(f"图 1　{text}", PIXEL, text, 0.1),
    )  # fmt: skip
    return Document(language, text, text, text, text, blocks)  # type: ignore[arg-type]


def test_the_same_document_is_the_same_bytes() -> None:
    fonts, one, two = find_fonts(), document("甲"), document("甲")
    assert word_bytes(one) == word_bytes(two)
    assert pdf_bytes(one, fonts) == pdf_bytes(two, fonts)


def test_no_clock_and_no_person_in_the_files() -> None:
    content = word_bytes(document("甲"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2000, 1, 1, 0, 0, 0)}
    about = docx.Document(io.BytesIO(content)).core_properties
    assert (about.author, about.title, about.comments) == ("geoplan", "甲", "")
    about_pdf = pypdf.PdfReader(io.BytesIO(pdf_bytes(document("甲"), find_fonts()))).metadata
    assert about_pdf is not None
    assert about_pdf.title == "甲"
    assert about_pdf.author is None
    assert about_pdf.get("/CreationDate") is None


@pytest.mark.parametrize("text", [HOSTILE, LONG, "和平区 1,234.56 公里", "“引号”——…·①"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_hostile_texts_are_shown_as_texts(text: str, language: str) -> None:
    made = document(text, language)
    content = word_bytes(made)
    file = docx.Document(io.BytesIO(content))
    assert [p.text for p in file.paragraphs if p.text].count(text) == 9
    assert file.tables[0].cell(1, 0).text == text
    assert file.sections[0].header.paragraphs[0].text == text
    assert b"<img" not in content
    pdf = pdf_bytes(made, find_fonts())
    assert read_pdf(pdf).count(squeezed(text)) >= 12
    assert fonts_of(pdf) <= {"NotoSerifSC-Regular-Identity-H", "NotoSansSC-Regular-Identity-H"}


@cache
def twins() -> dict[int, int]:
    """Characters that a font draws with one glyph (a radical and its ideograph): the least of them.

    A PDF knows glyphs: which of the twins was written can't be read back.
    """
    least: dict[int, int] = {}
    for path in (find_fonts().serif, find_fonts().sans):
        glyphs: dict[str, int] = {}
        with TTFont(path, lazy=True) as font:
            for code, glyph in sorted(font.getBestCmap().items()):
                root = glyphs.setdefault(glyph, least.get(code, code))
                least[code] = min(root, least.get(code, code))
    return least


def one_per_glyph(text: str) -> str:
    return text.translate(twins())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(st.characters(), min_size=1, max_size=60))
def test_any_text_is_shown_as_it_is_or_by_its_codes(text: str) -> None:
    fonts, made = find_fonts(), document(text)
    file = docx.Document(io.BytesIO(word_bytes(made)))
    assert file.tables[0].cell(1, 0).text == written(text)
    shown = one_per_glyph(squeezed(fonts.drawable(text)))
    found = one_per_glyph(read_pdf(pdf_bytes(made, fonts)))
    # thirteen places, less those that the end of a page takes apart
    assert found.count(shown) >= 10


@given(st.text(st.characters(), max_size=60))
@settings(max_examples=200, deadline=None)
def test_a_picture_takes_any_text(text: str) -> None:
    pen = Pen(find_fonts())
    said = pen.say(text)
    # matplotlib's own test of what is a formula: an even number of unescaped dollars
    assert len(re.findall(r"(?<!\\)\$", said)) == 0
    assert len(pen.say(text, 10).replace(r"\$", "$")) <= 10 * len("[U+10FFFF]")


def test_pictures_draw_hostile_labels_and_the_same_bytes() -> None:
    def drawn() -> bytes:
        pen = Pen(find_fonts())
        canvas = pen.canvas(2, 1)
        axes = canvas.add_axes((0, 0, 1, 1))
        pen.write(axes, 0.1, 0.5, HOSTILE)
        pen.ticks(axes.xaxis, [0.0], [LONG], 8)
        return pen.png(canvas)

    assert drawn() == drawn()
    assert drawn().startswith(b"\x89PNG")


def test_a_table_with_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="another length"):
        Table("t", ("a", "b"), (("1",),), ("left", "left"), (1.0, 1.0))
    with pytest.raises(ValueError, match="aligns or widths"):
        Table("t", ("a", "b"), (), ("left",), (1.0, 1.0))


def test_word_repeats_labels_and_keeps_rows_whole() -> None:
    content = word_bytes(document("甲"))
    rows = docx.Document(io.BytesIO(content)).tables[0].rows
    assert "w:tblHeader" in rows[0]._tr.xml
    assert all("w:cantSplit" in row._tr.xml for row in rows)
    assert read_word(content).tables["甲"][1] == ["甲", "1,234.56"]
