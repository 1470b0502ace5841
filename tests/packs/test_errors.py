"""Whoever edits a pack is told the file, the line and the field of every mistake."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.packs.samples import EVENT_TYPES, line_of
from wangge.ground.kernel.problems import PackError, PackInvalid
from wangge.ground.responses.packs.loading import load_pack

Spoil = Callable[[str, str, str], list[PackError]]

# file, piece to replace, what to write, piece that marks the line, field, piece of the English sentence
MISTAKES = {
    "unknown field": ("agencies.yaml", "name_en: Health", "nam_en: Health", "nam_en", "health.nam_en", "no such field"),
    "missing field": ("kinds.yaml", "  severity: 1\n", "", "rash_fever:", "rash_fever.severity", "missing"),
    "wrong type": ("kinds.yaml", "severity: 1", "severity: high", "severity: high", "rash_fever.severity", "number"),
    "yes as number": ("kinds.yaml", "severity: 1", "severity: true", "severity: true", "rash_fever.severity", "number"),
    "out of range": (
        "kinds.yaml",
        "severity: 1",
        "severity: 5",
        "severity: 5",
        "rash_fever.severity",
        "at most 4",
    ),
    "number as text": ("pack.yaml", 'version: "1"', "version: 1", "version: 1", "version", "text"),
    "bad code": ("agencies.yaml", "health:", "Health-1:", "Health-1", "Health-1", "not written as required"),
    "bad allowance": ("kinds.yaml", "push: 10 min", "push: 10 minuts", "10 minuts", "rash_fever.clocks.push", "10 min"),
    "no allowance": ("kinds.yaml", "push: 10 min", "push: 0 min", "0 min", "rash_fever.clocks.push", "10 min"),
    "bad choice": ("kinds.yaml", "ladder: towns", "ladder: moon", "moon", "rash_fever.ladder", "none of"),
    "code repeated": (
        "agencies.yaml",
        "health: {",
        "health: {code: health, ",
        "health",
        "health.code",
        "key is the code",
    ),
    "duplicate key": ("agencies.yaml", "education:", "health:", "教育", "health", "twice"),
    "bad date": ("protocols.yaml", "2024-01-01", "soon", "soon", "0.since", "date"),
    "impossible date": ("protocols.yaml", "2024-01-01", "2024-02-30", "02-30", "0.since", "cannot be read"),
    "anchor": ("surge.yaml", "factor: 1.0", "factor: &f 1.0", "factor", "factor", "anchors"),
    "tag": ("surge.yaml", "factor: 1.0", "factor: !!python/name:os.system 1.0", "factor", "factor", "not allowed"),
    "infinite": ("surge.yaml", "factor: 1.0", "factor: .inf", "factor", "factor", "finite"),
    "unknown agency": (
        "kinds.yaml",
        "lead: health",
        "lead: police",
        "lead: police",
        "rash_fever.lead",
        "no agency kind",
    ),
    "unknown joint": ("kinds.yaml", "[education]", "[police]", "[police]", "rash_fever.joint.0", "no agency kind"),
    "lead joins": ("kinds.yaml", "[education]", "[health]", "[health]", "rash_fever.joint.0", "lead cannot"),
    "no desk": ("roles.yaml", "  stands: desk\n", "", "school_nurse:", "(file)", "stands: desk"),
    "unknown role": ("kinds.yaml", "sees: [school_nurse]", "sees: [mayor]", "mayor", "rash_fever.sees.0", "no role"),
    "outcome twice": (
        "kinds.yaml",
        "code: ruled_out",
        "code: confirmed",
        "name: 排除",
        "rash_fever.outcomes.1",
        "twice",
    ),
    "choices lacking": (
        "kinds.yaml",
        "type: text",
        "type: choice",
        "child_name",
        "rash_fever.fields.0.choices",
        "needs",
    ),
    "unknown task": ("log_kinds.yaml", "task: vaccinate", "task: sing", "task: sing", "vaccination.task", "no task"),
    "reserved word": ("log_kinds.yaml", "doses,", "sign,", "sign", "vaccination.quantities.0.code", "reserved"),
    "unknown kind": ("tasks.yaml", "[unvaccinated]", "[cholera]", "cholera", "vaccinate.kinds.0", "no kind"),
    "unknown figure": ("tasks.yaml", "[doses_given]", "[doses]", "[doses]", "vaccinate.figures.0", "no figure"),
    "unknown event": (
        "figures.yaml",
        "event: matter.closed",
        "event: matter.shut",
        "shut",
        "figures.cases_confirmed.of.0.event",
        "no event type",
    ),
    "unknown data key": (
        "figures.yaml",
        "outcome: [confirmed]}}",
        "verdict: [confirmed]}}",
        "verdict",
        "figures.cases_confirmed.of.0.where.verdict",
        "carries no",
    ),
    "figure on unknown kind": (
        "figures.yaml",
        "kind: [rash_fever]",
        "kind: [cholera]",
        "cholera",
        "figures.cases_confirmed.of.0.where.kind.0",
        "no kind",
    ),
    "outcome that cannot be": (
        "figures.yaml",
        "outcome: [confirmed]",
        "outcome: [vaccinated]",
        "vaccinated",
        "figures.cases_confirmed.of.0.where.outcome.0",
        "never occurs",
    ),
    "unknown quantity": (
        "figures.yaml",
        "quantity: doses",
        "quantity: litres",
        "litres",
        "figures.doses_given.of.0.quantity",
        "no quantity",
    ),
    "sum without quantity": (
        "figures.yaml",
        ", quantity: doses}",
        "}",
        "duty.logged",
        "figures.doses_given.of.0.quantity",
        "needs a quantity",
    ),
    "counter-entry forgotten": (
        "figures.yaml",
        "      - {event: duty.countered, where: {kind: [vaccination]}, quantity: doses}\n",
        "",
        "duty.logged",
        "figures.doses_given.of.0",
        "corrections",
    ),
    "unknown group": (
        "figures.yaml",
        "group: measles",
        "group: mumps",
        "mumps",
        "figures.cases_confirmed.group",
        "no group",
    ),
    "ratio without parts": (
        "figures.yaml",
        "measure: count",
        "measure: ratio",
        "cases_confirmed",
        "figures.cases_confirmed.denominator",
        "needs this field",
    ),
    "unknown gap": ("bulletin.yaml", "{doses_given.new}剂", "{pints.new}剂", "prose:", "prose", "no figure “pints”"),
    "gap misspelt": ("bulletin.yaml", "{doses_given.new}剂", "{doses_given.now}剂", "prose:", "prose", "stray brace"),
    "figure of a section": (
        "bulletin.yaml",
        "[cases_confirmed,",
        "[cases,",
        "[cases,",
        "sections.measles.figures.0",
        "no figure",
    ),
    "surge of unknown kind": (
        "surge.yaml",
        "factor: 1.0",
        "factor: 1.0\nkinds: {cholera: 2.0}",
        "cholera",
        "kinds.cholera",
        "no kind",
    ),
    "hours reversed": ("calendar.yaml", '"17:00"', '"07:00"', "07:00", "working_hours.0", "after the start"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_file_line_and_field(mistake: str, spoil: Spoil, pack_folder: Path) -> None:
    file, old, new, marker, field, sentence = MISTAKES[mistake]
    errors = spoil(file, old, new)
    line = line_of(pack_folder, file, marker)
    assert [(error.file, error.line) for error in errors if error.field.startswith(field)][:1] == [(file, line)], errors
    named = next(error for error in errors if error.field.startswith(field))
    assert any(piece in named.en for piece in sentence.split("|")), named.en
    assert named.zh and named.zh != named.en


def test_a_yaml_syntax_error_is_named_with_its_line(spoil: Spoil, pack_folder: Path) -> None:
    errors = spoil("surge.yaml", "factor: 1.0", "factor: 1.0\nkinds: {a: [}")
    assert (errors[0].file, errors[0].line, errors[0].field) == ("surge.yaml", 2, "(file)")
    assert "YAML" in errors[0].zh


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"", b"# note\n", b"a: \x01\n", b"- one\n", b"[" * 5000])
def test_a_file_that_is_no_table_is_one_clear_error(content: bytes, pack_folder: Path) -> None:
    (pack_folder / "agencies.yaml").write_bytes(content)
    with pytest.raises(PackInvalid) as caught:
        load_pack(pack_folder)
    assert [error.field for error in caught.value.errors if error.file == "agencies.yaml"] == ["(file)"]


def test_a_missing_file_and_a_misnamed_one_are_both_named(pack_folder: Path) -> None:
    (pack_folder / "surge.yaml").rename(pack_folder / "serge.yaml")
    with pytest.raises(PackInvalid) as caught:
        load_pack(pack_folder)
    assert [(error.file, error.field) for error in caught.value.errors] == [
        ("serge.yaml", "(file)"),
        ("surge.yaml", "(file)"),
    ]


def test_a_folder_that_is_not_there_names_every_file(tmp_path: Path) -> None:
    with pytest.raises(PackInvalid) as caught:
        load_pack(tmp_path / "nowhere")
    assert {"pack.yaml", "kinds.yaml", "figures.yaml"} <= {error.file for error in caught.value.errors}


def test_errors_in_several_files_and_of_several_sorts_come_all_at_once(pack_folder: Path, spoil: Spoil) -> None:
    (pack_folder / "agencies.yaml").write_text("health: {name: 卫健}\n", encoding="utf-8")
    (pack_folder / "surge.yaml").write_text("factor: [\n", encoding="utf-8")
    errors = spoil("figures.yaml", "group: measles", "group: mumps")
    named = {(error.file, error.field) for error in errors}
    assert named >= {
        ("agencies.yaml", "health.name_en"),
        ("surge.yaml", "(file)"),
        ("figures.yaml", "figures.cases_confirmed.group"),
        ("kinds.yaml", "rash_fever.joint.0"),
    }
    # An agency with a mistake in it is still known by its code, so its users are not accused as well.
    assert ("kinds.yaml", "rash_fever.lead") not in named


def test_an_unknown_verb_of_a_role_is_named(pack_folder: Path) -> None:
    with pytest.raises(PackInvalid) as caught:
        load_pack(pack_folder, verbs={"matter.view"})
    first = caught.value.errors[0]
    assert (first.file, first.line, first.field) == ("roles.yaml", 5, "school_nurse.verbs.0")
    assert "matter.report" in first.zh


def test_a_quantity_the_log_cannot_carry_is_named(pack_folder: Path) -> None:
    with pytest.raises(PackInvalid) as caught:
        load_pack(pack_folder, event_types={**EVENT_TYPES, "duty.logged": {"kind", "place_kind", "sign", "people"}})
    assert "vaccination.quantities.0.code" in {error.field for error in caught.value.errors}


def test_the_problem_tells_a_person_how_many_errors_and_the_first(spoil: Spoil) -> None:
    with pytest.raises(PackInvalid) as caught:
        raise PackInvalid(pack="measles-tiny", errors=spoil("surge.yaml", "factor: 1.0", "factor: 0"))
    answer = caught.value.as_json("zh")
    assert answer["status"] == 422
    assert "surge.yaml:1 factor" in answer["detail"]
    assert answer["details"]["errors"][0]["line"] == 1
