"""Checks across a pack: that every code one entry uses is declared by another, and that figures add up.

The checks run over the sound entries of a draft, so that one run names the errors of form and the
errors of reference together.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import time

from wangge.ground.responses.packs.checkpoints import CheckpointsDef
from wangge.ground.responses.packs.draft import Draft
from wangge.ground.responses.packs.figure_checks import EventTypes, check_figures
from wangge.ground.responses.packs.gaps import CONTEXT, gaps, stray_brace
from wangge.ground.responses.packs.reading import Loc
from wangge.ground.responses.packs.roster_checks import check_roster_rules
from wangge.ground.responses.packs.rosters import RostersDef
from wangge.ground.responses.packs.schema import BulletinText, LogKind, MatterKind
from wangge.ground.responses.packs.venues import OrderRules, VenuesDef

__all__ = ["EventTypes", "check_draft"]

# The data keys of a duty-log event that are not quantities.
LOG_EVENT_KEYS = frozenset({"kind", "place_kind", "sign"})
LABELS = {
    "agencies": ("单位类别", "agency kind"),
    "roles": ("角色", "role"),
    "kinds": ("事项类别", "kind of matter"),
    "tasks": ("任务", "task"),
    "figures": ("指标", "figure"),
    "log_kinds": ("台账类别", "kind of duty-log entry"),
}
ORDER_GAPS = frozenset({"authority", "basis", "kinds", "areas", "start", "limits"})


def check_draft(draft: Draft, *, event_types: EventTypes | None, verbs: Collection[str] | None) -> None:
    """Add to the draft every error of reference that it holds."""
    check_roles(draft, verbs)
    check_kinds(draft)
    check_log_kinds(draft, event_types)
    check_catalogues(draft)
    check_figures(draft, event_types)
    check_bulletin(draft)
    check_parts(draft)
    check_observation(draft)
    check_forms(draft)
    check_venues(draft)
    check_rosters(draft)
    check_checkpoints(draft)


def known(draft: Draft, section: str, loc: Loc, code: str, table: str) -> None:
    """Note an error unless the code stands in the table."""
    if code not in draft.names[table]:
        zh, en = LABELS[table]
        draft.wrong(section, loc, f"没有名为“{code}”的{zh}", f"there is no {en} “{code}”")


def once(draft: Draft, section: str, loc: Loc, codes: Iterable[str]) -> None:
    """Note an error for each code that stands twice in a list."""
    seen: set[str] = set()
    for index, code in enumerate(codes):
        if code in seen:
            draft.wrong(section, (*loc, index), f"“{code}”重复", f"“{code}” stands twice")
        seen.add(code)


def check_roles(draft: Draft, verbs: Collection[str] | None) -> None:
    for code, role in draft.entries["roles"].items():
        once(draft, "roles", (code, "verbs"), role.verbs)
        for index, verb in enumerate(role.verbs):
            if verbs is not None and verb not in verbs:
                zh, en = f"系统没有“{verb}”这项权限", f"there is no verb “{verb}”"
                draft.wrong("roles", (code, "verbs", index), zh, en)
    _check_stands(draft)


def _check_stands(draft: Draft) -> None:
    """Without a responsible post and a desk a matter would be pushed to nobody and escalate to nobody."""
    roles = draft.entries["roles"]
    if len(roles) < len(draft.names["roles"]):
        return  # a role with a mistake in it may be the one; the mistake is named already
    for stands, name in (("responsible", "责任岗位"), ("desk", "值班台")):
        if roles and not any(role.stands == stands for role in roles.values()):
            zh, en = f"至少要有一个角色的 stands 为 {stands}({name})", f"no role has stands: {stands}"
            draft.wrong("roles", (), zh, en)


def check_kinds(draft: Draft) -> None:
    rules: set[str] = set()
    for code, kind in draft.entries["kinds"].items():
        known(draft, "kinds", (code, "lead"), kind.lead, "agencies")
        for index, agency in enumerate(kind.joint):
            known(draft, "kinds", (code, "joint", index), agency, "agencies")
        once(draft, "kinds", (code, "joint"), kind.joint)
        if kind.lead in kind.joint:
            place = (code, "joint", kind.joint.index(kind.lead))
            draft.wrong("kinds", place, "牵头单位不能同时是配合单位", "the lead cannot also be a joint agency")
        for index, role in enumerate(kind.sees):
            known(draft, "kinds", (code, "sees", index), role, "roles")
        once(draft, "kinds", (code, "outcomes"), (outcome.code for outcome in kind.outcomes))
        _check_form(draft, code, kind)
        for index, rule in enumerate(kind.keywords):
            if rule.code in rules:
                zh, en = f"规则编号“{rule.code}”重复", f"the rule “{rule.code}” stands twice"
                draft.wrong("kinds", (code, "keywords", index, "code"), zh, en)
            rules.add(rule.code)


def _check_form(draft: Draft, code: str, kind: MatterKind) -> None:
    once(draft, "kinds", (code, "fields"), (field.code for field in kind.fields))
    for index, field in enumerate(kind.fields):
        place = (code, "fields", index, "choices")
        once(draft, "kinds", place, (choice.code for choice in field.choices))
        if field.type == "choice" and not field.choices:
            draft.wrong("kinds", place, "选择项必须列出可选值", "a choice needs its choices")
        if field.type != "choice" and field.choices:
            draft.wrong("kinds", place, "只有选择项可以列出可选值", "only a choice may have choices")


def check_log_kinds(draft: Draft, event_types: EventTypes | None) -> None:
    carried = None if event_types is None else event_types.get("duty.logged")
    for code, kind in draft.entries["log_kinds"].items():
        known(draft, "log_kinds", (code, "task"), kind.task, "tasks")
        once(draft, "log_kinds", (code, "place_kinds"), (place.code for place in kind.place_kinds))
        once(draft, "log_kinds", (code, "quantities"), (quantity.code for quantity in kind.quantities))
        _check_quantities(draft, code, kind, carried)


def _check_quantities(draft: Draft, code: str, kind: LogKind, carried: Collection[str] | None) -> None:
    for index, quantity in enumerate(kind.quantities):
        place = (code, "quantities", index, "code")
        if quantity.code in LOG_EVENT_KEYS:
            draft.wrong("log_kinds", place, f"“{quantity.code}”是保留字", f"“{quantity.code}” is reserved")
        elif carried is not None and quantity.code not in carried:
            zh = f"台账事件不记录“{quantity.code}”这个数量"
            draft.wrong("log_kinds", place, zh, f"duty.logged carries no “{quantity.code}”")


def check_catalogues(draft: Draft) -> None:
    for code, task in draft.entries["tasks"].items():
        for index, kind in enumerate(task.kinds):
            known(draft, "tasks", (code, "kinds", index), kind, "kinds")
        for index, figure in enumerate(task.figures):
            known(draft, "tasks", (code, "figures", index), figure, "figures")
    for code, service in draft.entries["services"].items():
        known(draft, "services", (code, "agency"), service.agency, "agencies")


def check_bulletin(draft: Draft) -> None:
    text: BulletinText | None = draft.parts.get("bulletin")
    if text is None:
        return
    for name in ("title", "title_en", "issuer", "prose", "prose_en"):
        _check_template(draft, name, getattr(text, name))
    for code, section in text.sections.items():
        once(draft, "bulletin", ("sections", code, "figures"), section.figures)
        for index, figure in enumerate(section.figures):
            known(draft, "bulletin", ("sections", code, "figures", index), figure, "figures")
    _check_counted(draft, ("by_area",), text.by_area)
    _check_counted(draft, ("wall",), text.wall)
    for code, chart in text.charts.items():
        _check_counted(draft, ("charts", code, "figures"), chart.figures)


def _check_counted(draft: Draft, loc: Loc, figures: Sequence[str]) -> None:
    """Figures that change from day to day and from place to place: any but the size of a catalogue."""
    once(draft, "bulletin", loc, figures)
    for index, code in enumerate(figures):
        known(draft, "bulletin", (*loc, index), code, "figures")
        figure = draft.entries["figures"].get(code)
        if figure is not None and figure.measure == "catalogue":
            zh, en = f"“{code}”是目录的项数，各地各日相同", f"“{code}” is the size of a catalogue, the same everywhere"
            draft.wrong("bulletin", (*loc, index), zh, en)


def _check_template(draft: Draft, name: str, template: str) -> None:
    stray = stray_brace(template)
    wrong = [] if stray is None else [(f"“{stray}”处的花括号不成对或写法有误", f"a stray brace at “{stray}”")]
    for gap, view in gaps(template):
        if gap in CONTEXT and view is None:
            continue
        if gap not in draft.names["figures"]:
            wrong.append((f"没有名为“{gap}”的指标", f"there is no figure “{gap}”"))
    if wrong:
        # A block of prose is one value with one line, so all its errors are told together.
        zh, en = (";".join(dict.fromkeys(part)) for part in zip(*wrong, strict=True))
        draft.wrong("bulletin", (name,), zh, en)


def check_parts(draft: Draft) -> None:
    checks: Mapping[str, Callable[[Draft], None]] = {
        "surge": _check_surge,
        "protocols": _check_protocols,
        "calendar": _check_calendar,
        "demo": _check_demo,
    }
    for section, check in checks.items():
        if section in draft.parts:
            check(draft)


def _check_surge(draft: Draft) -> None:
    for kind in draft.parts["surge"].kinds:
        known(draft, "surge", ("kinds", kind), kind, "kinds")


def _check_protocols(draft: Draft) -> None:
    protocols = draft.parts["protocols"]
    if not protocols:
        draft.wrong("protocols", (), "至少要有 1 项", "needs at least 1")
    once(draft, "protocols", (), (protocol.version for protocol in protocols))
    for index in range(1, len(protocols)):
        if protocols[index].since <= protocols[index - 1].since:
            zh, en = "各版本应按施行日期先后排列", "versions must stand in the order of their dates"
            draft.wrong("protocols", (index, "since"), zh, en)


def _check_calendar(draft: Draft) -> None:
    hours = draft.parts["calendar"].working_hours
    for index, stretch in enumerate(hours):
        if stretch.start >= stretch.end:
            draft.wrong("calendar", ("working_hours", index), "结束应晚于开始", "the end must come after the start")
        if index and stretch.start < hours[index - 1].end:
            zh, en = "时段重叠或次序颠倒", "stretches overlap or stand out of order"
            draft.wrong("calendar", ("working_hours", index, "start"), zh, en)


def _check_demo(draft: Draft) -> None:
    for code in draft.parts["demo"].totals:
        known(draft, "demo", ("totals", code), code, "figures")
        figure = draft.entries["figures"].get(code)
        if figure is not None and figure.measure not in ("count", "sum"):
            zh, en = "只有 count 和 sum 指标可以有总数", "only a count or a sum can have a total"
            draft.wrong("demo", ("totals", code), zh, en)


def check_observation(draft: Draft) -> None:
    plan = draft.parts.get("observation")
    if plan is None:
        return
    for part in ("missed", "found", "refused", "left_behind"):
        known(draft, "observation", (part,), getattr(plan, part), "kinds")
    for role, observed in plan.roles.items():
        known(draft, "observation", ("roles", role, "kind"), observed.kind, "kinds")
        kind = draft.entries["kinds"].get(observed.kind)
        fields = {item.code for item in kind.fields} if kind else set()
        for part in ("exposure", "origin", "onset"):
            code = getattr(observed, part)
            if kind and code is not None and code not in fields:
                zh, en = f"“{kind.name}”没有“{code}”这个字段", f"“{kind.name_en}” has no field “{code}”"
                draft.wrong("observation", ("roles", role, part), zh, en)


def check_forms(draft: Draft) -> None:
    """Whether each form's file is there, and what it serves is known; what is in the file, publishing it tells."""
    for code, form in draft.entries["forms"].items():
        if not (draft.folder / "forms" / form.file).is_file():
            zh, en = f"forms 目录里没有 {form.file}", f"there is no {form.file} in the folder forms"
            draft.wrong("forms", (code, "file"), zh, en)
        serves = form.serves
        if serves.task is not None:
            known(draft, "forms", (code, "serves", "task"), serves.task, "tasks")
        if serves.log_kind is not None:
            known(draft, "forms", (code, "serves", "log_kind"), serves.log_kind, "log_kinds")
        elif serves.handler == "log":
            draft.wrong(
                "forms", (code, "serves"), "handler 为 log 时须写明 log_kind", "the handler log needs a log_kind"
            )
        if serves.kind is not None:
            known(draft, "forms", (code, "serves", "kind"), serves.kind, "kinds")
        elif serves.handler == "matter":
            draft.wrong("forms", (code, "serves"), "handler 为 matter 时须写明 kind", "the handler matter needs a kind")
        kind = draft.entries["log_kinds"].get(serves.log_kind or "")
        if kind and serves.place_kind is not None and serves.place_kind not in {one.code for one in kind.place_kinds}:
            zh, en = f"{kind.name}没有“{serves.place_kind}”这类场所", f"{kind.name_en}: no place “{serves.place_kind}”"
            draft.wrong("forms", (code, "serves", "place_kind"), zh, en)


def check_venues(draft: Draft) -> None:
    plan: VenuesDef | None = draft.parts.get("venues")
    if plan is None:
        return
    for code, kind in plan.kinds.items():
        known(draft, "venues", ("kinds", code, "log_kind"), kind.log_kind, "log_kinds")
        counted = draft.entries["log_kinds"].get(kind.log_kind)
        if counted and kind.place_kind not in {place.code for place in counted.place_kinds}:
            zh, en = f"{counted.name}没有“{kind.place_kind}”这类场所", f"{counted.name_en} has no “{kind.place_kind}”"
            draft.wrong("venues", ("kinds", code, "place_kind"), zh, en)
        standard = (kind.standard,) if kind.standard else ()
        _among(draft, ("kinds", code, "standard"), standard, plan.standard, ("标准代码", "code of the standard"))
    for code, one in plan.rounds.items():
        known(draft, "venues", ("rounds", code, "agency"), one.agency, "agencies")
        for index, role in enumerate(one.roles):
            known(draft, "venues", ("rounds", code, "roles", index), role, "roles")
        _among(draft, ("rounds", code, "kinds"), one.kinds, plan.kinds, ("场所类别", "kind of venue"))
        _among(draft, ("rounds", code, "items"), one.items, plan.items, ("检查项目", "item"))
    known(draft, "venues", ("orders", "breach"), plan.orders.breach, "kinds")
    _check_notices(draft, plan.orders)
    if plan.lodging:
        known(draft, "venues", ("lodging", "missing"), plan.lodging.missing, "kinds")
        known(draft, "venues", ("lodging", "log_kind"), plan.lodging.log_kind, "log_kinds")
    if plan.readiness:
        _among(draft, ("readiness", "kinds"), plan.readiness.kinds, plan.kinds, ("场所类别", "kind of venue"))
        for code, item in plan.readiness.items.items():
            where = ("readiness", "items", code, "kinds")
            _among(draft, where, item.kinds, plan.readiness.kinds, ("场所类别", "kind of site"))
        for index, agency in enumerate(plan.readiness.approvals):
            known(draft, "venues", ("readiness", "approvals", index), agency, "agencies")


def check_rosters(draft: Draft) -> None:
    plan: RostersDef | None = draft.parts.get("rosters")
    if plan is None:
        return
    for code, pattern in plan.patterns.items():
        for index, shift in enumerate(pattern.shifts):
            if shift not in plan.shifts:
                zh, en = f"没有名为“{shift}”的班次", f"there is no shift “{shift}”"
                draft.wrong("rosters", ("patterns", code, "shifts", index), zh, en)
    for number, need in enumerate(plan.needs):
        known(draft, "rosters", ("needs", number, "role"), need.role, "roles")
        for index, role in enumerate(need.also):
            known(draft, "rosters", ("needs", number, "also", index), role, "roles")
        if need.agency:
            known(draft, "rosters", ("needs", number, "agency"), need.agency, "agencies")
        for index, skill in enumerate(need.skills):
            if skill not in plan.skills:
                zh, en = f"没有名为“{skill}”的技能", f"there is no skill “{skill}”"
                draft.wrong("rosters", ("needs", number, "skills", index), zh, en)
    check_roster_rules(draft, plan)


def _among(draft: Draft, loc: Loc, codes: Sequence[str], table: Collection[str], label: tuple[str, str]) -> None:
    once(draft, "venues", loc, codes)
    for index, code in enumerate(codes):
        if code not in table:
            draft.wrong("venues", (*loc, index), f"没有名为“{code}”的{label[0]}", f"there is no {label[1]} “{code}”")


def _check_notices(draft: Draft, orders: OrderRules) -> None:
    for name in ("notice_closed", "notice_limited", "notice_lifted"):
        text = getattr(orders, name)
        stray = stray_brace(text)
        unknown = [gap for gap, view in gaps(text) if gap not in ORDER_GAPS or view]
        if stray is not None or unknown:
            wrong = unknown[0] if unknown else stray
            draft.wrong("venues", ("orders", name), f"“{wrong}”不是可用的空格", f"“{wrong}” is no gap known here")


def check_checkpoints(draft: Draft) -> None:
    plan: CheckpointsDef | None = draft.parts.get("checkpoints")
    if plan is None:
        return
    for name in ("fever", "origin"):
        known(draft, "checkpoints", (name,), getattr(plan, name), "kinds")
    once(draft, "checkpoints", ("provinces",), plan.provinces)
    starts: set[time] = set()
    for code, shift in plan.shifts.items():
        if shift.starts in starts:
            zh, en = "两个班次不能同时开始", "two shifts cannot begin at once"
            draft.wrong("checkpoints", ("shifts", code, "starts"), zh, en)
        starts.add(shift.starts)
    for index, one in enumerate(plan.outbreak_areas):
        if one.until is not None and one.until < one.since:
            zh, en = "截止日期早于起始日期", "it ends before it begins"
            draft.wrong("checkpoints", ("outbreak_areas", index, "until"), zh, en)
