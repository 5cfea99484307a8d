"""The same report as a PDF to send or to file: verdicts, pictures, curves, tables, photographs, method.

ReportLab (BSD licence, pure Python with Pillow) sets the text; the font is DejaVu Sans, which matplotlib carries.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

import matplotlib as mpl
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table
from reportlab.platypus import Image as Picture

from skinimg.base.files import write_bytes
from skinimg.report import prints
from skinimg.report.chart_print import drawing
from skinimg.report.content import Content, Detail, ViewContent
from skinimg.report.language import Language
from skinimg.report.pictures import ViewPictures
from skinimg.report.verdicts import Told, cells, metric_title

WIDTH = A4[0] - 36 * mm
_INK, _MUTED, _RULE = HexColor("#1d2629"), HexColor("#556166"), HexColor("#d9dfe2")
_TONES = {"improved": "#0b6b4f", "worsened": "#a33b00", "unchanged": "#47545a", "not_assessable": "#556166"}
_SIGNS = {"improved": "✓", "worsened": "!", "unchanged": "=", "not_assessable": "?"}
_EAST_ASIAN = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]+")


def write_pdf(content: Content, footer: Mapping[str, str], say: Language, path: Path) -> Path:
    """Write the PDF atomically and return its path; the same content gives the same bytes."""
    buffer = io.BytesIO()
    document = SimpleDocTemplate(
        buffer, pagesize=A4, leftMargin=18 * mm, rightMargin=18 * mm, topMargin=18 * mm, bottomMargin=18 * mm,
        title=f"{say('ui.report')} · {content.name}", lang=say.lang, invariant=1, creator="skinimg",
    )  # fmt: skip
    story = [
        _text(say("ui.report"), "quiet"),
        _text(content.name, "title"),
        *_summary(content, say),
        *_history(content, say),
        *[piece for view in content.views for piece in _view(view, say)],
        *_sides(content, say),
        *_photos(content, say),
        *_method(footer, say),
    ]
    document.build(story, onFirstPage=_page_foot(say), onLaterPages=_page_foot(say))
    write_bytes(path, buffer.getvalue())
    return path


def _summary(content: Content, say: Language) -> list[Flowable]:
    story: list[Flowable] = [_text(say("section.summary"), "heading")]
    for view in content.views:
        story.append(_text(f"{view.title}. {view.compared}" if view.compared else view.title, "quiet"))
        rows = [
            [_text(line.title, "strong"), _verdict(line.change.verdict, say), _text(line.sentence)]
            for line in view.lines
        ]
        if rows:
            story.append(_table(rows, [42 * mm, 32 * mm, WIDTH - 74 * mm]))
        else:
            story.append(_text(say("sentence.single" if view.values else "sentence.nothing")))
        story += [_text(said) for said in view.overall]
    return story


def _history(content: Content, say: Language) -> list[Flowable]:
    rows = [[_text(h.session, "strong"), _text(h.date), _text(h.treatment)] for h in content.sessions]
    return [_text(say("section.history"), "heading"), _table(rows, [30 * mm, 42 * mm, WIDTH - 72 * mm])] if rows else []


def _view(view: ViewContent, say: Language) -> list[Flowable]:
    story: list[Flowable] = []
    heading = _text(f"{say('section.compare')} · {view.title}", "heading")
    if view.pictures:
        pairs = [_pair(view.pictures, layer, say) for layer in ("photo", "outlines", "melanin", "haemoglobin")]
        story += [KeepTogether([heading, *pairs[0]]), *[KeepTogether(pair) for pair in pairs[1:]]]
        story += _change_map(view, view.pictures, say)
        story += _field_maps(view.pictures, say)
    else:
        story += [heading, _text(view.pictures_note)]
    for detail in view.details:
        story += _detail(detail, say)
    if view.values:
        rows = [[_text(cell, "small") for cell in row] for row in view.values]
        story += [_text(say("section.details"), "heading"), _table(rows, [45 * mm, 55 * mm, WIDTH - 100 * mm])]
    return story


def _pair(pictures: ViewPictures, layer: str, say: Language) -> list[Flowable]:
    shown = pictures.sessions if len(pictures.sessions) == 1 else (pictures.sessions[0], pictures.sessions[-1])
    width = (WIDTH - 6 * mm) / 2
    height = width * pictures.height / pictures.width
    if height > 95 * mm:
        width, height = width * 95 * mm / height, 95 * mm
    cells = [Picture(prints.jpeg(pictures, one.prefix, layer), width, height) for one in shown]
    names = [_text(one.session, "small") for one in shown]
    title = say(f"ui.{'overlays' if layer == 'outlines' else layer}")
    table = Table([cells, names], colWidths=[width + 3 * mm] * len(cells), hAlign="LEFT")
    return [_text(title, "strong"), table]


def _change_map(view: ViewContent, pictures: ViewPictures, say: Language) -> list[Flowable]:
    """The finding that the page shows first, at the last session."""
    if not view.tracks or len(pictures.sessions) == 1:
        return []
    finding = view.tracks[0].finding
    many = view.counts[finding][-1]
    told = say(
        "ui.lesion_counts", session=pictures.sessions[-1].session, faded=many["resolved"], new=many["new"],
        persisting=many["persisting"],
    )  # fmt: skip
    key = ", ".join(f"{sign} {say(f'ui.{status}')}" for status, sign in prints.SIGNS.items())
    height = 95 * mm
    picture = Picture(prints.change_map(view), height * pictures.width / pictures.height, height, hAlign="LEFT")
    title = say("ui.colon", what=say("section.change_map"), name=say.name("finding", finding))
    lead = _text(say("lead.change_map"), "quiet")
    return [KeepTogether([_text(title, "strong"), lead, picture, _text(f"{told} {key}", "small")])]


def _field_maps(pictures: ViewPictures, say: Language) -> list[Flowable]:
    """Where redness and pigment without borders changed until the last session that can be compared, side by side."""
    title, lead = _text(say("section.field_maps"), "strong"), _text(say("lead.field_maps"), "quiet")
    still = [say("ui.colon", what=say.name("finding", f), name=say("ui.still")) for f in pictures.still]
    said = [_text(one, "small") for one in still]
    shown = {finding: prints.field_map(pictures, finding) for finding in pictures.change_ranges}
    if not shown:
        return [KeepTogether([title, *said])] if said else []
    width = (WIDTH - 6 * mm) / 2
    height = width * pictures.height / pictures.width
    if height > 95 * mm:
        width, height = width * 95 * mm / height, 95 * mm
    names = [_text(f"{say.name('finding', finding)} · {session}", "small") for finding, (session, _) in shown.items()]
    maps = [Picture(picture, width, height) for _, picture in shown.values()]
    ramps = [_ramp(finding, most, width, say) for finding, most in pictures.change_ranges.items()]
    table = Table([names, maps, ramps], colWidths=[width + 3 * mm] * len(maps), hAlign="LEFT")
    return [KeepTogether([title, lead, table, *said])]


def _ramp(finding: str, most: float, width: float, say: Language) -> Table:
    """The colours of a map of change between the densities at their ends."""
    end, colours = say.number(most, 2), Picture(prints.ramp(finding), width - 44 * mm, 3 * mm)
    cells = [_text(f"−{end}", "small"), colours, _text(f"+{end} OD", "small")]
    return Table([cells], colWidths=[14 * mm, width - 42 * mm, 26 * mm], style=[("VALIGN", (0, 0), (-1, -1), "MIDDLE")])


def _detail(detail: Detail, say: Language) -> list[Flowable]:
    head: list[Flowable] = [_text(say.name("finding", detail.finding), "heading")]
    head.append(_text(say.name("definition", detail.finding), "quiet"))
    if detail.curve is not None:
        head.append(drawing(detail.curve, 110 * mm, "DejaVuSans"))
    story: list[Flowable] = [KeepTogether(head)]
    if detail.region_curve is not None:
        story.append(drawing(detail.region_curve, WIDTH, "DejaVuSans"))
    if detail.common_reason:
        return [*story, _text(f"{say.reason(*detail.common_reason)}.")]
    for rows, by in ((detail.regions, "region"), (detail.metrics, "metric")):
        if len(rows) > 1 or by == "metric":
            table = _changes(rows, by, say)
            story += [KeepTogether([table]) if by == "metric" else table, Spacer(0, 3 * mm)]
    return story


def _changes(rows: Sequence[Told], by: str, say: Language) -> Table:
    keys = (by, "first", "last", "change", "interval", "mdc", "verdict")
    lines: list[list[Flowable | list[Paragraph]]] = [[_text(say(f"ui.{key}"), "head") for key in keys]]
    for c in rows:
        name = say.name("region", c.region) if by == "region" else metric_title(c.metric, say)
        values = cells(c, say) if c.measured else (say.reason(*c.reason), "", "", "", "")
        verdict = [_verdict(c.verdict, say, "small")]
        if c.measured and c.reason:  # one that was not measured has it in place of its numbers
            verdict.append(_text(say.reason(*c.reason), "small"))
        lines.append([_text(name, "small"), *(_text(v, "small") for v in values), verdict])
    widths = [30 * mm, 22 * mm, 22 * mm, 21 * mm, 29 * mm, 22 * mm]
    table = _table(lines, [*widths, WIDTH - sum(widths)], head=True)
    spans = [("SPAN", (1, row), (5, row)) for row, c in enumerate(rows, start=1) if not c.measured]
    table.setStyle(spans)
    return table


def _sides(content: Content, say: Language) -> list[Flowable]:
    sides = [side for view in content.views for side in view.sides]
    if content.arms is None or not sides:
        return []
    left, right = (f"{say(f'ui.{side}')} {arm}" for side, arm in zip(("left", "right"), content.arms, strict=True))
    heads = (say("ui.finding"), left, right, say("ui.difference"), say("ui.interval"))
    rows = [[_text(head, "head") for head in heads]]
    for side in sides:
        values = [say.percent(v, True) for v in (side.left.percent, side.right.percent, side.difference)]
        values.append(f"{say.percent(side.low, True)} … {say.percent(side.high, True)}")
        rows.append([_text(say.name("finding", side.finding), "small"), *(_text(v, "small") for v in values)])
    table = _table(rows, [44 * mm, 34 * mm, 34 * mm, 28 * mm, WIDTH - 140 * mm], head=True)
    return [_text(say("section.sides"), "heading"), _text(say("lead.sides"), "quiet"), table]


def _photos(content: Content, say: Language) -> list[Flowable]:
    rows = [
        [
            _text(line.session, "strong"),
            _text(line.view, "small"),
            _text(". ".join((say.name("ui", line.status), *line.reasons)), "small"),
            _text(" ".join(line.advice), "small"),
        ]
        for line in content.photos
    ]
    widths = [24 * mm, 32 * mm, 60 * mm]
    return [_text(say("section.photos"), "heading"), _table(rows, [*widths, WIDTH - sum(widths)])] if rows else []


def _method(footer: Mapping[str, str], say: Language) -> list[Flowable]:
    rows = [[_text(name, "small"), _text(value, "small")] for name, value in footer.items()]
    return [
        _text(say("section.method"), "heading"),
        *[_text(say(key)) for key in ("lead.method", "ui.units_text", "ui.limits_text", "lead.device")],
        *([_table(rows, [50 * mm, WIDTH - 50 * mm])] if rows else []),
    ]


def _verdict(verdict: str, say: Language, style: str = "plain") -> Paragraph:
    words = f"{_SIGNS[verdict]}\N{NO-BREAK SPACE}{say(f'verdict.{verdict}')}"
    return Paragraph(f'<font color="{_TONES[verdict]}">{escape(words)}</font>', _styles()[style])


def _table(rows: Sequence[Sequence[Flowable | list[Paragraph]]], widths: Sequence[float], head: bool = False) -> Table:
    lines = [("LINEBELOW", (0, 0), (-1, -1), 0.5, _RULE), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    pads = [(f"{side}PADDING", (0, 0), (-1, -1), size) for side, size in (("LEFT", 0), ("TOP", 3), ("BOTTOM", 4))]
    return Table(rows, colWidths=list(widths), repeatRows=int(head), style=[*lines, *pads], hAlign="LEFT")


def _text(words: str, style: str = "plain") -> Paragraph:
    """Escaped; East Asian characters, which DejaVu lacks, in a font that PDF readers bring along."""
    safe = escape("".join(c for c in words if unicodedata.category(c) != "Cc"))
    return Paragraph(_EAST_ASIAN.sub(lambda m: f'<font name="HeiseiKakuGo-W5">{m[0]}</font>', safe), _styles()[style])


def _page_foot(say: Language):  # type: ignore[no-untyped-def]
    def draw(canvas, document) -> None:  # type: ignore[no-untyped-def]
        canvas.setFont("DejaVuSans", 7)
        canvas.setFillColor(_MUTED)
        canvas.drawString(18 * mm, 10 * mm, say("lead.device"))
        canvas.drawRightString(A4[0] - 18 * mm, 10 * mm, str(document.page))

    return draw


@cache
def _styles() -> dict[str, ParagraphStyle]:
    fonts = Path(mpl.get_data_path()) / "fonts/ttf"
    pdfmetrics.registerFont(TTFont("DejaVuSans", fonts / "DejaVuSans.ttf"))
    pdfmetrics.registerFont(TTFont("DejaVuSans-Bold", fonts / "DejaVuSans-Bold.ttf"))
    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiKakuGo-W5"))
    plain = ParagraphStyle("plain", fontName="DejaVuSans", fontSize=9, leading=13, textColor=_INK, spaceAfter=4)
    bold = "DejaVuSans-Bold"
    return {
        "plain": plain,
        "quiet": ParagraphStyle("quiet", plain, textColor=_MUTED),
        "small": ParagraphStyle("small", plain, fontSize=7.5, leading=10, spaceAfter=0),
        "head": ParagraphStyle("head", plain, fontSize=7.5, leading=10, textColor=_MUTED, spaceAfter=0),
        "strong": ParagraphStyle("strong", plain, fontName=bold, splitLongWords=1),
        "title": ParagraphStyle("title", plain, fontName=bold, fontSize=22, leading=28, spaceAfter=8),
        "heading": ParagraphStyle(
            "heading", plain, fontName=bold, fontSize=13, leading=18, spaceBefore=14, spaceAfter=4, keepWithNext=1
        ),
    }
