"""The destruction record 销毁记录: its lines, once, for the page and for Word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from wangge.ground.kernel.clock import local
from wangge.ground.kernel.papers import Paper
from wangge.picture.bulletins.paper import as_paper
from wangge.picture.endings.models import Ending
from wangge.picture.endings.rules import record_number

KINDS = {"name": "姓名", "phone": "电话", "document": "证件号码", "address": "住址", "text": "文字内容"}
KEPT = {
    "matters": "事项",
    "reports": "上报",
    "individuals": "管理对象",
    "plans": "医学观察",
    "checks": "监测",
    "referrals": "转诊",
    "measures": "强制隔离措施",
    "entries": "工作台账",
    "bulletins": "战报",
}
# What a record can and cannot promise stands on the record itself.
REACH = (
    "密钥销毁后，数据库及其全部备份中的上列个人信息不可再读；本系统的备份从不含密钥。",
    "如有人曾另行拷贝密钥目录或导出明文，不在本记录所及之内，应另行清查销毁。",
)


@dataclass(frozen=True)
class Record:
    """What the record shows, in Chinese, as it is filed."""

    number: str
    title: str
    response: str
    authority: str
    done_at: datetime
    facts: Sequence[tuple[str, str]]
    destroyed: Sequence[tuple[str, int]]
    kept: Sequence[tuple[str, int]]
    fingerprints: Sequence[tuple[str, str]]
    reach: Sequence[str] = REACH


def record_of(ending: Ending) -> Record:
    """The record of an ending that was carried out."""
    assert ending.done_at is not None and ending.begun_at is not None
    response, counts = ending.response, ending.counts
    approved = ending.approved_by.display_name if ending.approved_by else ""
    return Record(
        number=record_number(response.code),
        title="个人信息密钥销毁记录",
        response=response.name,
        authority=response.authority,
        done_at=ending.done_at,
        facts=(
            ("响应", f"{response.name}（{response.code}）"),
            ("范围", response.area.name),
            ("依据", ending.basis),
            ("提出", f"{ending.asked_by.display_name}，{_said(ending.asked_at)}"),
            ("批准", f"{approved}，{_said(ending.approved_at)}"),
            ("开始销毁", _said(ending.begun_at)),
            ("销毁完成", _said(ending.done_at)),
            ("日志封存", f"第 {ending.seal_number} 块，摘要 {ending.seal_head}"),
        ),
        destroyed=(
            *((KINDS.get(kind, kind), count) for kind, count in counts["fields"].items()),
            ("合计（项）", sum(counts["fields"].values())),
            ("涉及记录（条）", counts["subjects"]),
        ),
        kept=tuple((name, counts[code]) for code, name in KEPT.items() if code in counts),
        fingerprints=tuple((f"第 {version} 版", mark) for version, mark in sorted(ending.fingerprints.items())),
    )


def _said(instant: datetime | None) -> str:
    return f"{local(instant):%Y年%m月%d日 %H:%M:%S}" if instant else ""


def as_docx(record: Record) -> bytes:
    """The record as a Word document under the page rules of bulletins."""
    facts = [*record.facts, *((f"密钥指纹（{version}）", mark) for version, mark in record.fingerprints)]
    paragraphs = [(f"{name}：", text) for name, text in facts]
    paragraphs += [("已不可再读：", _listed(record.destroyed)), ("保留：", _listed(record.kept))]
    paragraphs += [("", text) for text in record.reach]
    return as_paper(Paper(record.title, f"编号 {record.number}", paragraphs, record.authority, record.done_at))


def _listed(counts: Sequence[tuple[str, int]]) -> str:
    return "，".join(f"{name} {count}" for name, count in counts) + "。"
