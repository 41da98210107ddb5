"""The report as a Word document: plain styles that an office can go on working with."""

from __future__ import annotations

import datetime
import io
import zipfile
from typing import Any

from geoplan.errors import InputError
from geoplan.report.blocks import (
    Align,
    Block,
    Document,
    Figure,
    Heading,
    PageBreak,
    Paragraph,
    Table,
)
from geoplan.report.fonts import missing_part, written
from geoplan.text import Language

__all__ = ["word_bytes"]

# Families that Chinese Windows and WPS bring; other systems put their own in their place.
_BODY, _HEAD = ("宋体", "Times New Roman"), ("黑体", "Arial")
_LINES: dict[Language, float] = {"zh": 1.3, "en": 1.1}
_TEXT_WIDTH_MM = 162.0
_PICTURE_WIDTH_MM = 145.0  # two maps and what is said of them fit on a page
_INK, _FAINT, _WARN = "1A1A1A", "5F6368", "8A1F11"
# A fixed date: the same plan is the same file.
_MADE = datetime.datetime(2000, 1, 1)
_ZIP_DATE = (2000, 1, 1, 0, 0, 0)


def word_bytes(document: Document) -> bytes:
    """Return the report as a .docx; the same document gives the same bytes.

    Raises
    ------
    InputError
        python-docx is not installed.
    """
    try:
        import docx
    except ImportError as error:
        raise InputError([missing_part("python-docx")]) from error
    file = docx.Document()
    _styles(file, document.language)
    _page(file, document)
    if document.classification:
        _line(file, document.classification, "Geoplan mark")
    _line(file, document.title, "Title")
    _line(file, document.subtitle, "Subtitle")
    for number, block in enumerate(document.blocks):
        _add(file, block, document.language, starts=_starts(document.blocks, number))
    note = _line(file, document.footer, "Geoplan note")
    note.paragraph_format.space_before = docx.shared.Pt(12)
    draft = io.BytesIO()
    file.save(draft)
    return _undated(draft.getvalue())


def _starts(blocks: tuple[Block, ...], number: int) -> bool:
    return number > 0 and isinstance(blocks[number - 1], PageBreak)


def _styles(file: Any, language: Language) -> None:
    """Set the document's styles; every text takes its look from one of them."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    styles = file.styles
    for name in ("Geoplan mark", "Geoplan note", "Geoplan warning", "Geoplan cell"):
        styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH).base_style = styles["Normal"]
    looks: tuple[tuple[str, tuple[str, str], float, str], ...] = (
        ("Normal", _BODY, 10.5, _INK),
        ("Title", _HEAD, 20.0, _INK),
        ("Subtitle", _HEAD, 11.0, _FAINT),
        ("Heading 1", _HEAD, 15.0, _INK),
        ("Heading 2", _HEAD, 12.0, _INK),
        ("Caption", _HEAD, 9.0, _INK),
        ("Geoplan mark", _HEAD, 12.0, _INK),
        ("Geoplan note", _BODY, 8.5, _FAINT),
        ("Geoplan warning", _HEAD, 9.5, _WARN),
        ("Geoplan cell", _HEAD, 8.5, _INK),
    )
    for name, family, size_pt, colour in looks:
        _font(styles[name], family, size_pt, colour, language)
    body = styles["Normal"].paragraph_format
    body.space_after, body.line_spacing = Pt(5), _LINES[language]
    # before and after, in points; the summary must stand on one page
    room = {"Title": (0, 2), "Subtitle": (0, 6), "Heading 1": (12, 4), "Heading 2": (8, 3)}
    for name, (above_pt, below_pt) in room.items():
        around = styles[name].paragraph_format
        around.space_before, around.space_after = Pt(above_pt), Pt(below_pt)
    for name in ("Title", "Subtitle", "Caption"):
        styles[name].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for name in ("Heading 1", "Heading 2", "Caption"):
        styles[name].paragraph_format.keep_with_next = True
    cell = styles["Geoplan cell"].paragraph_format
    cell.space_before = cell.space_after = Pt(1.5)
    cell.line_spacing = 1.0


def _font(
    style: Any, family: tuple[str, str], size_pt: float, colour: str, language: Language
) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    style.font.name, style.font.size = family[1], Pt(size_pt)
    style.font.bold = style.font.italic = False
    style.font.color.rgb = RGBColor.from_string(colour)
    properties = style.element.get_or_add_rPr()
    names = properties.get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        names.attrib.pop(qn(f"w:{theme}"), None)  # a theme would override the family
    names.set(qn("w:eastAsia"), family[0])
    tongue = properties.makeelement(
        qn("w:lang"),
        {
            qn("w:val"): "zh-CN" if language == "zh" else "en-GB",
            qn("w:eastAsia"): "zh-CN",
        },
    )
    for old in properties.findall(qn("w:lang")):
        properties.remove(old)
    properties.append(tongue)
    for border in style.element.iter(qn("w:pBdr")):  # the line under the stock title
        border.getparent().remove(border)
        break


def _page(file: Any, document: Document) -> None:
    """Set the paper, what stands above and below every page, and the file's properties."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm

    section = file.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin, section.right_margin = Mm(24), Mm(24)
    section.top_margin, section.bottom_margin = Mm(24), Mm(22)
    header = section.header.paragraphs[0]
    header.style = file.styles["Geoplan note"]
    header.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    header.add_run(written(document.classification))
    footer = section.footer.paragraphs[0]
    footer.style = file.styles["Geoplan note"]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _field(footer, "PAGE")
    footer.add_run(" / ")
    _field(footer, "NUMPAGES")
    about = file.core_properties
    about.title = written(document.title)[:255]
    about.author, about.last_modified_by, about.comments = "geoplan", "geoplan", ""
    about.language = "zh-CN" if document.language == "zh" else "en-GB"
    about.created = about.modified = _MADE


def _field(paragraph: Any, code: str) -> None:
    """Add a field that Word computes: the number of the page, of all pages."""
    from docx.oxml.ns import qn

    field = paragraph._p.makeelement(qn("w:fldSimple"), {qn("w:instr"): code})
    run = paragraph.add_run("1")
    field.append(run._r)
    paragraph._p.append(field)


def _line(file: Any, text: str, style: str) -> Any:
    return file.add_paragraph(written(text), style=file.styles[style])


def _add(file: Any, block: Block, language: Language, *, starts: bool) -> None:
    from docx.shared import Mm, Pt

    if isinstance(block, Heading):
        made = _line(file, block.text, f"Heading {block.level}")
        made.paragraph_format.page_break_before = starts
    elif isinstance(block, Paragraph):
        named = {"body": "Normal", "note": "Geoplan note", "warning": "Geoplan warning"}
        made = _line(file, block.text, named[block.tone])
        made.paragraph_format.page_break_before = starts
        if block.tone == "body" and language == "zh":
            made.paragraph_format.first_line_indent = Pt(21)
        if block.tone == "warning":
            _frame(made)
    elif isinstance(block, Table):
        made = _line(file, block.caption, "Caption")
        made.paragraph_format.page_break_before = starts
        _table(file, block)
    elif isinstance(block, Figure):
        width = Mm(_PICTURE_WIDTH_MM * block.width)
        file.add_picture(io.BytesIO(block.png), width=width)
        picture = file.paragraphs[-1]
        picture.alignment, picture.paragraph_format.keep_with_next = 1, True
        picture.paragraph_format.page_break_before = starts
        shape = file.inline_shapes[len(file.inline_shapes) - 1]
        shape._inline.docPr.set("descr", written(block.alt))
        caption = _line(file, block.caption, "Caption")
        caption.paragraph_format.keep_with_next = False


def _frame(paragraph: Any) -> None:
    """Draw a line around a paragraph."""
    from docx.oxml.ns import qn

    properties = paragraph._p.get_or_add_pPr()
    frame = properties.makeelement(qn("w:pBdr"), {})
    for side in ("top", "left", "bottom", "right"):
        look = {"val": "single", "sz": "8", "space": "4", "color": _WARN}
        edge = frame.makeelement(qn(f"w:{side}"), {qn(f"w:{k}"): v for k, v in look.items()})
        frame.append(edge)
    properties.insert_element_before(
        frame, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )


def _table(file: Any, block: Table) -> None:
    """Add a table: labels repeated on every page, rows that don't break, sums shaded."""
    from docx.oxml.ns import qn
    from docx.shared import Mm, Pt

    rows = (block.header, *block.rows)
    table = file.add_table(rows=len(rows), cols=len(block.header))
    table.style, table.autofit = file.styles["Table Grid"], False
    whole = sum(block.widths)
    widths = [Mm(_TEXT_WIDTH_MM * width / whole) for width in block.widths]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    first_total = len(rows) - block.totals
    for number, (row, texts) in enumerate(zip(table.rows, rows, strict=True)):
        properties = row._tr.get_or_add_trPr()
        properties.append(properties.makeelement(qn("w:cantSplit"), {}))
        if number == 0:
            properties.append(properties.makeelement(qn("w:tblHeader"), {}))
        shade = "E4E9F0" if number == 0 else "F1F1F1" if number >= first_total else ""
        for cell, text, align, width in zip(row.cells, texts, block.aligns, widths, strict=True):
            _cell(cell, text, align, shade, file)
            keeps = number == 0 or (block.whole() and number < len(rows) - 1)
            cell.paragraphs[0].paragraph_format.keep_with_next = keeps
            cell.width = width
    after = file.add_paragraph()
    after.paragraph_format.space_after = Pt(2)
    after.paragraph_format.line_spacing = 0.7


def _cell(cell: Any, text: str, align: Align, shade: str, file: Any) -> None:
    from docx.enum.table import WD_ALIGN_VERTICAL
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml.ns import qn

    sides = {
        "left": WD_ALIGN_PARAGRAPH.LEFT,
        "right": WD_ALIGN_PARAGRAPH.RIGHT,
        "center": WD_ALIGN_PARAGRAPH.CENTER,
    }
    paragraph = cell.paragraphs[0]
    paragraph.style, paragraph.alignment = file.styles["Geoplan cell"], sides[align]
    paragraph.add_run(written(text))
    cell.vertical_alignment = WD_ALIGN_VERTICAL.CENTER
    if shade:
        properties = cell._tc.get_or_add_tcPr()
        look = {qn("w:val"): "clear", qn("w:color"): "auto", qn("w:fill"): shade}
        properties.insert_element_before(
            properties.makeelement(qn("w:shd"), look), "w:noWrap", "w:vAlign"
        )


def _undated(archive: bytes) -> bytes:
    """Return a zip archive with one fixed date on every file in it."""
    clean = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as source,
        zipfile.ZipFile(clean, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, _ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, source.read(name))
    return clean.getvalue()
