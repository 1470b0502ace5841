"""The rosters of a pack: what it names must be there, and what contradicts itself is said with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.packs.samples import EVENT_TYPES, line_of
from wangge.ground.kernel.problems import PackInvalid
from wangge.ground.responses.packs.loading import load_pack

ROSTERS = """shifts:
  day: {name: 白班, name_en: Day, short: 白, start: "08:00", hours: 12}
  late: {name: 夜班, name_en: Night, short: 夜, start: "20:00", hours: 12, night: true}
patterns:
  two: {name: 两班, name_en: Two shifts, shifts: [day, late]}
  dark: {name: 夜间, name_en: Nights, shifts: [late]}
skills:
  nursing: {name: 护理, name_en: Nursing}
needs:
  - {role: school_nurse, skills: [nursing]}
rules:
  week_hours: 60
  week_nights: 3
  shared_hours: 24
  shared_until: "20:00"
"""

WRONG = {
    "unknown shift": ("[day, late]", "[day, noon]", "noon", "patterns.two.shifts.1", "no shift"),
    "shift twice": ("[day, late]", "[day, day]", "[day, day]", "patterns.two.shifts.1", "stands twice"),
    "unknown skill": ("skills: [nursing]", "skills: [driving]", "driving", "needs.0.skills.0", "no skill"),
    "unknown role": ("role: school_nurse", "role: guard", "guard", "needs.0.role", "no role"),
    "shift longer than a week's hours": ("week_hours: 60", "week_hours: 8", "  day:", "shifts.day.hours", "nobody may"),
    "night not said": (", night: true", "", "  late:", "shifts.late", "night: true"),
    "no nights allowed": ("week_nights: 3", "week_nights: 0", "- {role", "needs.0", "week_nights: 0"),
    "nights for nobody": (
        "skills: [nursing]}",
        "night: false}",
        "  dark:",
        "patterns.dark.shifts",
        "night shifts only",
    ),
    "rest before it begins": ('"20:00"\n', '"07:00"\n', "shared_until", "rules.shared_until", "later than"),
    "more rest than days": ("shared_hours: 24", "shared_hours: 90", "shared_hours", "rules.shared_hours", "never make"),
}


def load(folder: Path, text: str) -> None:
    (folder / "rosters.yaml").write_text(text, encoding="utf-8")
    load_pack(folder, event_types=EVENT_TYPES)


def test_sound_rosters_are_loaded(pack_folder: Path) -> None:
    load(pack_folder, ROSTERS)


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_is_named_with_its_line(pack_folder: Path, name: str) -> None:
    old, new, marks, field, sentence = WRONG[name]
    assert old in ROSTERS
    with pytest.raises(PackInvalid) as caught:
        load(pack_folder, ROSTERS.replace(old, new, 1))
    found = {error.field: error for error in caught.value.errors}
    assert field in found, found
    assert sentence in found[field].sentence("en") and found[field].file == "rosters.yaml"
    assert found[field].line == line_of(pack_folder, "rosters.yaml", marks)
