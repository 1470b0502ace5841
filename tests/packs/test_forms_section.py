"""The forms of a pack: what they serve is checked with the rest, and what they are is published from its folder."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tests.conftest import City, huizhou_pack
from tests.packs.samples import EVENT_TYPES
from tests.spine.forms.conftest import KEEPER
from tests.spine.forms.sheets import named, xlsform
from tools import pack_forms
from wangge.ground.kernel.problems import PackInvalid
from wangge.ground.responses.packs.loading import load_pack
from wangge.spine.forms.queries.forms import forms
from wangge.spine.forms.rules import leaves
from wangge.spine.forms.services.publishing import forms_publish_pack
from wangge.spine.forms.xlsforms import read_form

FORMS = """vaccinate_visit:
  name: 接种登记
  name_en: Vaccination
  file: vaccinate_visit.xlsx
  serves: {handler: log, log_kind: vaccination, task: vaccinate}
"""


@pytest.fixture
def with_form(pack_folder: Path) -> Path:
    """The small pack with a form."""
    (pack_folder / "forms").mkdir()
    (pack_folder / "forms" / "vaccinate_visit.xlsx").write_bytes(xlsform(settings=named("vaccinate_visit")))
    (pack_folder / "forms.yaml").write_text(FORMS, encoding="utf-8")
    return pack_folder


def test_a_pack_with_a_form_is_loaded(with_form: Path) -> None:
    pack = load_pack(with_form, event_types=EVENT_TYPES)
    assert pack.forms["vaccinate_visit"].serves.log_kind == "vaccination"
    assert type(pack).from_json(pack.as_json()) == pack


def test_a_pack_without_forms_is_loaded(pack_folder: Path) -> None:
    assert load_pack(pack_folder, event_types=EVENT_TYPES).forms == {}


@pytest.mark.parametrize(
    ("old", "new", "field", "sentence"),
    [
        ("vaccinate_visit.xlsx", "nowhere.xlsx", "vaccinate_visit.file", "no nowhere.xlsx"),
        ("vaccinate_visit.xlsx", "../../pack.xlsx", "vaccinate_visit.file", "not written as required"),
        ("log_kind: vaccination", "log_kind: singing", "vaccinate_visit.serves.log_kind", "no kind of duty-log entry"),
        ("log_kind: vaccination", "venue_kinds: [bar]", "vaccinate_visit.serves", "needs a log_kind"),
        ("task: vaccinate", "task: sing", "vaccinate_visit.serves.task", "no task"),
        ("task: vaccinate", "place_kind: moon", "vaccinate_visit.serves.place_kind", "no place"),
        ("handler: log", "handler: sing", "vaccinate_visit.serves.handler", "none of"),
    ],
)
def test_mistakes_are_named(with_form: Path, old: str, new: str, field: str, sentence: str) -> None:
    path = with_form / "forms.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(PackInvalid) as caught:
        load_pack(with_form, event_types=EVENT_TYPES)
    [error] = caught.value.errors
    assert (error.file, error.field) == ("forms.yaml", field)
    assert sentence in error.en


# -- the forms of huizhou-2020 -------------------------------------------------------------------------


def test_the_workbooks_are_what_their_source_writes() -> None:
    assert list(pack_forms.outdated()) == []


@pytest.mark.parametrize("code", sorted(huizhou_pack().forms))
def test_every_form_of_the_pack_is_sound(code: str) -> None:
    named_ = huizhou_pack().forms[code]
    read = read_form((pack_forms.FOLDER / named_.file).read_bytes(), named_.file)
    assert (read.code, read.title) == (code, named_.name)
    asked = {path[-1]: question for path, question in leaves(read.questions)}
    assert all("en" in question["label"] for question in asked.values() if question["label"])
    kind = huizhou_pack().log_kinds.get(named_.serves.log_kind or "")
    if named_.serves.handler == "log" and kind is not None:
        assert kind.main.code in asked
        assert set(asked["place_kind"]["choices"]) == {place.code for place in kind.place_kinds}
    if named_.serves.handler == "matter":
        assert set(asked["matter_kind"]["choices"]) <= set(huizhou_pack().kinds)


def test_there_is_a_form_for_every_task() -> None:
    assert {form.serves.task for form in huizhou_pack().forms.values()} == set(huizhou_pack().tasks)


def test_all_are_published_with_the_pack_and_once(city: City, now: datetime) -> None:
    folder = pack_forms.FOLDER.parent
    first = forms_publish_pack(actor=KEEPER, response_id=city.response_id, folder=folder, now=now)
    again = forms_publish_pack(actor=KEEPER, response_id=city.response_id, folder=folder, now=now)
    assert all(one.fresh for one in first) and not any(one.fresh for one in again)
    assert len(forms(city.response_id)) == len(huizhou_pack().forms)
