"""The pages of the plan packs that come with the code: their figures, and what else they define."""

from __future__ import annotations

from pathlib import Path

from docs.pages.markdown import code, page, table
from wangge.ground.responses.packs.loading import load_pack
from wangge.ground.responses.packs.schema import FigureDef, LogKind, MatterKind, Pack, Source

STAGES = ("push", "triage", "coordinate", "verify")
MINUS = "−"


def packs_in(folder: Path) -> list[Pack]:
    """Every pack of the folder, in the order of names."""
    return [load_pack(path) for path in sorted(folder.iterdir()) if (path / "pack.yaml").exists()]


def figures_page(folder: Path) -> str:
    """docs/reference/figures.md"""
    parts = [
        "# Figures 指标",
        "A figure is a count of journal events, or a sum of a quantity that they carry, for an area and all it covers, "
        "from a start to a cut-off; 新增 is the period's, 累计 everything since the response began. Exercise records "
        "never count; a counter-entry subtracts what it takes back. Figures are defined by the plan pack "
        "([pack.md](pack.md)); every figure of a bulletin opens the events behind it.",
    ]
    for pack in packs_in(folder):
        parts.append(f"## {pack.code}")
        for group in pack.figure_groups.values():
            figures = [figure for figure in pack.figures.values() if figure.group == group.code]
            rows = [(code(one.code), one.name, one.name_en, one.unit, _counted(one)) for one in figures]
            parts += [
                f"### {group.name} {group.name_en}",
                table(("figure", "中文", "English", "unit", "what counts"), rows),
            ]
    return page(*parts)


def _counted(figure: FigureDef) -> str:
    if figure.measure == "ratio":
        return f"`{figure.numerator}` of `{figure.denominator}`"
    if figure.measure == "catalogue":
        return f"entries of `{figure.catalogue}` in the pack"
    where = f", within area `{figure.area}`" if figure.area else ""
    return "; ".join(_source(source) for source in figure.of) + where


def _source(source: Source) -> str:
    sign = MINUS if source.sign < 0 else ""
    what = f"{sign}`{source.quantity}` of `{source.event}`" if source.quantity else f"{sign}`{source.event}`"
    conditions = [f"{key} {' or '.join(str(value) for value in values)}" for key, values in source.where.items()]
    return f"{what} ({', '.join(conditions)})" if conditions else what


def pack_pages(folder: Path) -> dict[str, str]:
    """A page for each pack: docs/reference/<pack>.md"""
    return {f"{pack.code}.md": _pack_page(pack) for pack in packs_in(folder)}


def _pack_page(pack: Pack) -> str:
    return page(
        f"# The pack {pack.code}",
        f"{pack.name}, version {pack.version}. {pack.source}",
        "What each field means stands in [pack.md](pack.md), the figures in [figures.md](figures.md).",
        "## Kinds of matters 事项类别",
        table(("kind", "中文", "English", "severity", "lead", "joint", *STAGES), map(_kind, pack.kinds.values())),
        "Each with its outcomes 处置结果:",
        table(("kind", "outcomes"), [(code(kind.code), _named(kind)) for kind in pack.kinds.values()]),
        "## Kinds of duty-log entries 台账类别",
        table(("kind", "中文", "English", "places", "quantities"), map(_log_kind, pack.log_kinds.values())),
        "## Roles 角色",
        "A role grants its verbs in the area of the post and in all it covers. `responsible` posts are told of a new "
        "matter first; `desk` posts stand in for them and take escalations.",
        table(("role", "中文", "English", "stands", "verbs"), [
            (code(role.code), role.name, role.name_en, role.stands, code(*role.verbs)) for role in pack.roles.values()
        ]),
        "## Kinds of agencies 单位类别",
        table(("kind", "中文", "English"), [(code(one.code), one.name, one.name_en) for one in pack.agencies.values()]),
        "## Tasks of the guideline 任务",
        table(("task", "中文", "English", "figures"), [
            (code(one.code), one.name, one.name_en, code(*one.figures)) for one in pack.tasks.values()
        ]),
        "## Services 便民业务",
        table(("service", "中文", "English", "agency"), [
            (code(one.code), one.name, one.name_en, code(one.agency)) for one in pack.services.values()
        ]),
        "## Protocol versions 防控方案",
        table(("version", "title", "since", "observation", "fever from"), [
            (one.version, one.title, one.since, f"{one.observation_days} days", f"{one.fever_celsius} °C")
            for one in pack.protocols
        ]),
    )  # fmt: skip


def _kind(kind: MatterKind) -> tuple[object, ...]:
    clocks = (str(kind.clocks.of(stage)) for stage in STAGES)
    return (code(kind.code), kind.name, kind.name_en, kind.severity, kind.lead, ", ".join(kind.joint), *clocks)


def _named(kind: MatterKind) -> str:
    return ", ".join(f"`{one.code}` {one.name}" for one in kind.outcomes)


def _log_kind(kind: LogKind) -> tuple[object, ...]:
    places = ", ".join(f"`{one.code}` {one.name}" for one in kind.place_kinds)
    quantities = ", ".join(f"`{one.code}` {one.name}" for one in kind.quantities)
    return (code(kind.code), kind.name, kind.name_en, places, quantities)
