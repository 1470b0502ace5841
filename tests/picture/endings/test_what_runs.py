"""A response does not end over people who are still watched, on their way to a clinic, or kept by a measure."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.conftest import City
from tests.duties.observation.clinics import care_make
from tests.picture.endings.test_endings import (
    COUNTDOWN,
    ENGINE,
    ask,
    close_all,
    command,
    own_keys,  # noqa: F401 - a fixture
)
from wangge.duties.observation.services.measures import measure_end, measure_order
from wangge.duties.observation.services.release import individual_release
from wangge.ground.kernel.problems import EndingNotPossible
from wangge.picture.endings.queries import dry_run
from wangge.picture.endings.services import ending_approve, endings_due


def test_it_is_approved_only_when_nobody_is_watched_sent_or_kept_any_more(city: City, now: datetime) -> None:
    care = care_make(city, now)
    one, hana = care.person(), care.actor("hana")
    referral = care.ask(one)
    measure = measure_order(
        actor=hana, individual_id=one.id, institution="惠城区人民医院", legal_basis="第三十九条",
        authority="惠城区公安分局", started_at=now, review_at=now + timedelta(days=3), ends_at=now + timedelta(days=7),
        now=now,
    )  # fmt: skip
    close_all()
    ending = ask(city, now)
    counts = dry_run(actor=command(city, "erin"), response_id=city.response_id)
    assert [counts[name] for name in ("plans_running", "referrals_open", "measures_in_force")] == [1, 1, 1]

    def approve() -> None:
        ending_approve(actor=command(city, "frank"), ending_id=ending.id, now=now + timedelta(hours=1))

    with pytest.raises(EndingNotPossible, match="1 compulsory measures are in force"):
        approve()
    measure_end(actor=hana, measure_id=measure.id, cause="complied", now=now)
    with pytest.raises(EndingNotPossible, match="1 referrals are open"):
        approve()
    care.move(referral, "declined", note="改由社区观察")
    with pytest.raises(EndingNotPossible, match="1 people are under observation"):
        approve()
    individual_release(actor=hana, individual_id=one.id, now=now, exception="专家组同意")
    approve()
    assert endings_due(actor=ENGINE, now=now + COUNTDOWN) == 1
