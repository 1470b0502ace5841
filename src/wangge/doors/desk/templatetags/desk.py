"""How instants, clocks, stages and fields are shown on every page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from wangge.doors.desk import requests
from wangge.duties.matters.likeness import Reason
from wangge.duties.matters.reading.spans import Doubt, Field
from wangge.ground.areas.tree import tree
from wangge.ground.kernel import clock

register = template.Library()
register.filter("named", requests.named)
SEVERITIES = {1: "特急", 2: "紧急", 3: "一般", 4: "可缓"}
STAGES = {
    "push": "待推送确认",
    "triage": "待分流",
    "coordinate": "协调中",
    "verify": "待核查",
    "close": "待结案",
    "closed": "已结案",
}
FIRSTS = {"push": "推送", "triage": "分流", "coordinate": "协调", "verify": "核查"}
CHANNELS = {"inapp": "站内", "email": "邮件", "smtp": "邮件", "webhook": "接口", "robot": "群机器人"}
PAGES = {
    "queue": "队列",
    "intake": "录入",
    "log": "台账",
    "fill": "填表",
    "people": "人员",
    "board": "监测",
    "venues": "场所",
    "checkpoints": "检疫点",
    "map": "地图",
    "bulletin": "战报",
    "rosters": "值班",
    "coverage": "覆盖",
    "clinic": "门诊",
    "tracing": "流调",
    "surge": "战时",
}
LISTS = {
    "queue": "待办事项",
    "closed": "已结案事项",
    "log": "工作台账",
    "people": "人员档案",
    "board": "医学观察",
    "facilities": "场所和床位",
    "checkpoints": "检疫点",
    "screened": "检疫汇总",
    "venues": "场所台账",
    "rounds": "今日检查",
    "orders": "停业与限制令",
    "lodging": "旅业日报",
    "readiness": "返校返工",
    "rosters": "值班表",
    "duties": "值班明细",
    "coverage": "无人在岗的村（居）",
    "villages": "村（居）名单",
    "gaps": "今后十四天空档",
    "accesses": "查阅记录",
    "drill": "通联演练结果",
}
UNSEEN_MARK = "unseen"
PERSONAL = {"name": "姓名", "phone": "电话", "document": "证件号码", "address": "住址", "text": "文字内容"}
PERSONAL["note"] = "情况说明"
SOURCE_NAMES = (
    ("phone", "电话"),
    ("wechat", "微信"),
    ("visit", "走访"),
    ("desk", "值班台"),
    ("checkpoint", "检疫点"),
    ("resident", "群众"),
    ("system", "系统对接"),
)


@register.filter
def at(instant: datetime | None) -> SafeString | str:
    """An instant to the minute on the city's clock; the whole of it on hovering."""
    if instant is None:
        return "—"
    there, today = clock.local(instant), clock.local(clock.now())
    form = (
        "%H:%M" if there.date() == today.date() else ("%m-%d %H:%M" if there.year == today.year else "%Y-%m-%d %H:%M")
    )
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        instant.isoformat(),
        there.strftime("%Y-%m-%d %H:%M:%S"),
        there.strftime(form),
    )


@register.filter
def moment(instant: datetime) -> str:
    """An instant as the clock of a demonstration shows it: 2020年2月5日 20:03."""
    there = clock.local(instant)
    if requests.language() == "en":
        return f"{there:%-d %B %Y %H:%M}"
    return f"{there.year}年{there.month}月{there.day}日 {there:%H:%M}"


@register.filter
def full(instant: datetime) -> str:
    """An instant with its date, to the minute."""
    return clock.local(instant).strftime("%Y-%m-%d %H:%M")


def span(seconds: float) -> str:
    """A length of time as a desk says it: 3 天 4 时, 2 时 05 分, 7:42."""
    whole = int(abs(seconds))
    days, hours, minutes, rest = whole // 86400, whole % 86400 // 3600, whole % 3600 // 60, whole % 60
    if days:
        return gettext("%(days)s 天 %(hours)s 时") % {"days": days, "hours": hours}
    if hours:
        return gettext("%(hours)s 时 %(minutes)s 分") % {"hours": hours, "minutes": f"{minutes:02d}"}
    return f"{minutes}:{rest:02d}"


@register.filter
def took(seconds: int) -> str:
    """How long something took: 42 秒, 7:42."""
    return gettext("%s 秒") % seconds if seconds < 100 else span(seconds)


@register.filter
def running(matter: Any) -> SafeString | str:
    """The clock of a matter's stage: time left, time over, or that it stands still."""
    if matter.pause:
        word = gettext("挂起") if matter.pause == "held" else gettext("挂账")
        return format_html('<span class="clock paused">{} {} {}</span>', word, gettext("至"), at(matter.queue_at))
    if matter.due_at is None:
        return format_html('<span class="clock none">{}</span>', gettext("不限时") if matter.stage == "close" else "—")
    now = clock.now()
    left = (matter.due_at - now).total_seconds()
    whole = max((matter.due_at - matter.stage_since).total_seconds(), 1)
    state = "over" if left < 0 else ("soon" if left < whole / 2 else "well")
    text = (gettext("超时 %s") if left < 0 else gettext("剩 %s")) % span(left)
    return format_html(
        '<time class="clock {}" datetime="{}" data-due="{}" data-since="{}" title="{} {}">{}</time>',
        state,
        matter.due_at.isoformat(),
        matter.due_at.isoformat(),
        matter.stage_since.isoformat(),
        gettext("到期"),
        full(matter.due_at),
        text,
    )


@register.filter
def stage_word(stage: str) -> str:
    """A stage as the queue names it."""
    return gettext(STAGES[stage])


@register.filter
def page_word(name: str) -> str:
    """A page as the navigation names it."""
    return gettext(PAGES[name])


@register.filter
def personal_word(kind: str) -> str:
    """A kind of personal data in one word."""
    return gettext(PERSONAL[kind]) if kind in PERSONAL else kind


@register.filter
def list_word(code: str) -> str:
    """A list as the page of exports names it."""
    return gettext(LISTS[code])


@register.filter
def source_word(source: str) -> str:
    """A source of reports in one word."""
    return gettext(dict(SOURCE_NAMES)[source])


@register.filter
def severity_word(severity: int) -> str:
    """A severity in one word."""
    return gettext(SEVERITIES[severity])


@register.filter
def place(area_id: Any) -> str:
    """An area with what lies above it, from the county down."""
    return tree().path_name(area_id)


@register.filter
def chinese(text: str) -> SafeString | str:
    """Words that a pack has in Chinese only; on an English page they are marked as such, for speech and fonts."""
    return format_html('<span lang="zh-Hans">{}</span>', text) if requests.language() == "en" else text


@register.filter
def get(table: Any, key: Any) -> Any:
    """The entry of a table under a key that is itself a variable; "" where there is none."""
    return table.get(key, "") if table else ""


@register.filter
def nth(row: Any, place: int) -> Any:
    """What stands at a place of a row, counted from 0."""
    return row[place]


@register.filter
def many(table: Any, key: str) -> list[str]:
    """All values a form sent under one name."""
    return list(table.getlist(key)) if hasattr(table, "getlist") else []


@register.filter
def counted(number: int) -> str:
    """A count that is exact below a thousand."""
    return "999+" if number >= 1000 else str(number)


@register.filter
def hours(minutes: int) -> str:
    """Minutes as hours, with no more places than they need."""
    return f"{round(minutes / 60, 2):g}"


@register.filter
def thousands(number: int) -> str:
    """A number whole, with its thousands set apart."""
    return f"{number:,}"


@register.simple_tag(takes_context=True)
def wrong(context: template.Context, field: str) -> SafeString | str:
    """What is wrong with a field of the form just sent, beside that field."""
    problem = context.get("problem")
    if problem is None or problem.details.get("field") != field:
        return ""
    why = problem.details["why_en" if requests.language() == "en" else "why_zh"]
    return format_html('<div class="wrong" id="wrong-{}" role="alert">{}</div>', field, why)


@register.filter
def has_field(problem: Any) -> bool:
    """Whether a problem belongs to one field of a form."""
    return bool(problem and problem.details.get("field"))


@register.filter
def translated(word: str) -> str:
    """A Chinese word from a table of choices, in the language of the reader."""
    return gettext(str(word))


@register.filter
def first_word(stage: str) -> str:
    """One of the four firsts 四个一."""
    return gettext(FIRSTS[stage])


@register.filter
def channel_word(channel: str) -> str:
    """A channel of messages in one word."""
    return gettext(CHANNELS.get(channel, channel))


@register.filter
def lead_name(parts: Any) -> str:
    """The agency that leads now."""
    return next((part.agency.name for part in parts if part.role == "lead" and part.ended_at is None), "")


@register.filter
def facts(private: Any, report: Any) -> dict[str, Any]:
    """The fields of a report: what is not personal, and what the vault shows of the rest."""
    return {**report.fields, **private.get(report.id, {})}


@register.filter
def choice_word(item: Any, value: Any) -> Any:
    """A value of a kind's field as people read it: the name of a choice, anything else as it is."""
    return next((requests.named(choice) for choice in item.choices if choice.code == value), value)


@register.filter
def alike_word(reason: Reason) -> str:
    """Why an open matter may be the one being reported, in a few words."""
    words = {
        "kind": gettext("同村同类，相隔 %(detail)s 小时"),
        "phone": gettext("同一电话"),
        "document": gettext("同一证件号"),
        "near": gettext("相距 %(detail)s 米"),
        "words": gettext("文字相近 %(detail)s%%"),
    }
    return words[reason.code] % {"detail": reason.detail}


@register.filter
def mark_word(piece: Any) -> str:
    """What a marked piece of a message was read as, in words."""
    if piece.field == UNSEEN_MARK:
        return gettext("看不见的控制字符，请删除")
    doubts = {
        Doubt.WRONG_NUMBER: gettext("证件号码校验不符，请核对"),
        Doubt.NO_SUCH_DAY: gettext("没有这一天，请核对"),
        Doubt.BY_SOUND: gettext("按读音推测，请核对"),
    }
    fields = {
        Field.KIND: gettext("类别"),
        Field.VILLAGE: gettext("村（居）"),
        Field.TOWN: gettext("镇（街）"),
        Field.REGION: gettext("地区"),
        Field.ADDRESS: gettext("地址"),
        Field.ORIGIN: gettext("来自何地"),
        Field.TIME: gettext("时间"),
        Field.PEOPLE: gettext("人数"),
        Field.PHONE: gettext("电话"),
        Field.DOCUMENT: gettext("证件号"),
        Field.PLATE: gettext("车牌"),
        Field.TEMPERATURE: gettext("体温"),
        Field.VENUE: gettext("场所"),
        Field.NAME: gettext("姓名"),
    }
    word = fields[Field(piece.field)]
    return f"{word}：{doubts[Doubt(piece.doubt)]}" if piece.doubt else word


@register.filter
def whole(text: str) -> int:
    """A digit as a number."""
    return int(text)


@register.filter
def localised(number: Any) -> str:
    """A factor as it is typed: 0.5, never 0,5."""
    return f"{number:g}" if isinstance(number, int | float) else str(number or "")


@register.filter
def main_amount(entry: Any, kinds: Any) -> str:
    """The main quantity of a log entry, with its unit in Chinese."""
    kind = kinds.get(entry.kind)
    if kind is None:
        return ""
    number = entry.quantities.get(kind.main.code, 0)
    return f"{number:,}" if requests.language() == "en" else f"{number:,} {kind.main.unit}"
