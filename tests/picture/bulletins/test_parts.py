"""What a bulletin says beside its figures: areas compared, what is overdue and why, charts; on screen and on paper."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest
from docx import Document
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from wangge.duties.matters.rules import ReportDraft
from wangge.duties.matters.services.intake import matter_receive
from wangge.duties.matters.services.triage import matter_acknowledge
from wangge.ground.kernel.problems import PdfUnavailable
from wangge.picture.bulletins import pdf
from wangge.picture.bulletins.charts import as_svg, native, told
from wangge.picture.bulletins.content import BulletinContent, ChartData, Remark, Series
from wangge.picture.bulletins.excel import as_xlsx
from wangge.picture.bulletins.printing import as_text, overdue_rows, overdue_sentence
from wangge.picture.bulletins.services import bulletin_draft
from wangge.picture.bulletins.word import as_docx

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def receive(city, now):
    def received(kind="gathering", area="441302001001", at=now):
        return matter_receive(
            actor=city.actor("frank"),
            response_id=city.response_id,
            draft=ReportDraft(kind=kind, area_id=city.area(area), source="phone", text="有人聚集"),
            now=at,
        )

    return received


@pytest.fixture
def whole(city):
    """The draft with all its parts."""

    def drafted(cutoff, area="4413", who="frank", now=None):
        return bulletin_draft(
            actor=city.actor(who),
            response_id=city.response_id,
            area_id=city.area(area),
            cutoff=cutoff,
            now=now or cutoff,
            parts=True,
        )

    return drafted


@pytest.fixture
def full(ledger, receive, whole, now):
    """A bulletin with something in every part."""
    ledger.leaflets(30, now - HOUR)
    receive(at=now - 30 * HOUR)
    receive("arrival", "441323001001", at=now - 30 * HOUR)
    remark = Remark("late", {"planned": "2020-02-03T08:00:00+08:00", "issued": "2020-02-03T09:00:00+08:00"})
    return whole(now).issued(serial=2, issued_at="2020-02-03T09:00:00+08:00", issued_by="Frank", remark=remark)


def test_the_areas_below_are_compared_by_the_figures_of_the_pack(receive, whole, now):
    for area in ("441302001001", "441302001003", "441323001001"):
        receive(area=area, at=now - HOUR)
    totals = {line.area: {one.code: one.total for one in line.figures} for line in whole(now).by_area}
    assert totals["惠城区"]["matters_received"] == 2 and totals["惠东县"]["matters_received"] == 1
    assert totals["惠城区"]["push_first_moment"] is None, "a share of nothing is none"
    town = whole(now, area="441302001", who="dan").by_area
    assert [line.area for line in town] == ["东湖社区", "新建社区", "菜园墩社区"]
    assert whole(now, area="441302001001", who="alice").by_area == ()


def test_what_is_overdue_stands_by_area_stage_and_reason(receive, whole, now):
    receive(at=now - 30 * HOUR)
    receive(at=now - 40 * HOUR)
    receive("arrival", "441323001001", at=now - 30 * HOUR)
    receive(at=now - timedelta(seconds=10))
    found = {(line.area, line.stage, line.why): line.count for line in whole(now).overdue}
    assert found == {("惠城区", "push", "acknowledgement"): 2, ("惠东县", "push", "acknowledgement"): 1}
    assert "超时未办结事项3件" in overdue_sentence(whole(now))
    assert overdue_rows(whole(now))[1][:4] == ("惠城区", "推送", "责任岗位未确认", "2")


def test_a_chart_ends_at_the_cutoff_and_adds_up(ledger, whole, now):
    ledger.record("duty.logged", now - 26 * HOUR, kind="lodging_inspection", place_kind="hotel", sign=1, premises=4)
    ledger.record("duty.logged", now - HOUR, kind="lodging_inspection", place_kind="hotel", sign=1, premises=3)
    ledger.record("duty.logged", now + HOUR, kind="lodging_inspection", place_kind="hotel", sign=1, premises=9)
    chart = next(one for one in whole(now, now=now + 2 * HOUR).charts if one.code == "inspections_by_day")
    assert len(chart.days) == 14 and chart.days[-1] == "2020-02-03"
    lodging = next(one for one in chart.series if one.code == "lodging_inspected")
    assert lodging.values[-2:] == (4, 3) and sum(lodging.values) == 7
    midnight = now.replace(hour=0)
    assert whole(midnight).charts[0].days[-1] == "2020-02-02", "at midnight the day before is the last"


def test_parts_are_kept_and_read_back_equal_and_old_bulletins_have_none(full):
    stored = full.as_stored()
    assert BulletinContent.from_stored(stored) == full
    old = {key: stored[key] for key in stored if key not in {"by_area", "overdue", "overdue_at", "charts", "remark"}}
    before = BulletinContent.from_stored(old)
    assert (before.by_area, before.charts, before.remark) == ((), (), None)
    assert [p.text for p in Document(io.BytesIO(as_docx(before))).paragraphs if p.text.startswith("附件")] == [
        "附件：统计指标表",
        "附件",
    ]


def test_the_text_tells_the_parts_in_both_languages(full):
    zh, en = as_text(full), as_text(full, english=True)
    assert "分区域情况" in zh and "责任岗位未确认" in zh and "每日接报、办结事项" in zh and "补发" in zh
    assert "not acknowledged" in en and "Matters received and closed by day" in en and "was not running then" in en


def test_word_has_every_attachment_with_its_table_and_native_charts(full):
    made = as_docx(full)
    document = Document(io.BytesIO(made))
    texts = [paragraph.text for paragraph in document.paragraphs]
    assert [text for text in texts if text[:2] == "附件" and len(text) == 3] == ["附件1", "附件2", "附件3", "附件4"]
    assert "附件：1．统计指标表" in texts and "2．分区域情况表" in texts
    assert any(text.startswith("（本期原定2020年2月3日8时发布") for text in texts)
    assert [table.rows[0].cells[0].text for table in document.tables] == ["指标", "区域", "区域"]
    with zipfile.ZipFile(io.BytesIO(made)) as parts:
        assert {"word/charts/chart1.xml", "word/charts/chart2.xml", "word/embeddings/chart1.xlsx"} <= set(
            parts.namelist()
        )
        behind = CalamineWorkbook.from_filelike(io.BytesIO(parts.read("word/embeddings/chart1.xlsx")))
        shape = parts.read("word/charts/chart1.xml").decode()
    rows = behind.get_sheet_by_index(0).to_python()
    assert rows[0][1:3] == ["接报事项（件）", "办结事项（含不予受理）（件）"] and len(rows) == 15
    assert "每日接报、办结事项" in shape and "externalData" in shape and "printSettings" not in shape
    assert as_docx(full) == made


def test_excel_holds_numbers_that_can_be_counted_on(full):
    book = CalamineWorkbook.from_filelike(io.BytesIO(as_xlsx(full)))
    assert book.sheet_names == ["统计指标", "分区域", "超时事项", "每日接报、办结事项", "每日检查场所", "说明"]
    figures = {row[1]: row for row in book.get_sheet_by_name("统计指标").to_python()}
    assert figures["发放传单、宣传手册"][3:5] == [30.0, 30.0]
    assert figures["第一时间推送率"][4:] == ["", 0.0, 0.0]
    assert as_xlsx(full) == as_xlsx(full)


def test_pdf_says_what_the_content_says_on_pages_of_a4(full):
    missing = pdf.pdf_missing()
    if missing:
        pytest.skip(f"PDF needs {missing}: {pdf.INSTALL}")
    made = pdf.as_pdf(full)
    pages = PdfReader(io.BytesIO(made)).pages
    assert {tuple(round(float(side) / 72 * 25.4) for side in page.mediabox[2:]) for page in pages} == {(210, 297)}
    text = "".join(page.extract_text() for page in pages).replace("\n", "")
    for expected in ("惠州市驻村", "一、人员排查", "附件4", "责任岗位未确认", "每日接报、办结事项", "补发", "— 1 —"):
        assert expected in text
    assert pdf.as_pdf(full) == made


@pytest.mark.parametrize(
    ("error", "missing"),
    [
        (ModuleNotFoundError("No module named 'weasyprint'", name="weasyprint"), "weasyprint"),
        (OSError("cannot load library 'libpango-1.0-0': libpango-1.0-0: cannot open"), "libpango-1.0-0"),
    ],
)
def test_where_pdf_cannot_be_made_the_package_is_named(full, monkeypatch, error, missing):
    def gone(name):
        raise error

    monkeypatch.setattr(pdf, "import_module", gone)
    with pytest.raises(PdfUnavailable) as raised:
        pdf.as_pdf(full)
    assert missing in raised.value.sentence("zh") and "libpango" in raised.value.sentence("zh")
    assert pdf.pdf_missing() == missing


def test_a_chart_of_nothing_is_drawn_all_the_same():
    empty = ChartData("x", "空=图<&>", "Empty", ("2020-02-03",), (Series("a", "甲", "A", "件", (None,)),))
    assert "暂无数据" in told(empty)
    assert b"chartSpace" in native(empty)[0]
    if not pdf.pdf_missing():
        assert "空=图&lt;&amp;&gt;" in as_svg(empty)


def test_overdue_reasons_follow_what_was_done(city, receive, whole, now):
    taken = receive(at=now - 40 * HOUR)
    matter_acknowledge(actor=city.actor("alice"), matter_id=taken.matter_id, version=1, now=now - 39 * HOUR)
    assert [line.why for line in whole(now).overdue] == ["triage"]
