"""Forms for the tests of the desk: one published, one sent and refused, a key; and the addresses that take forms."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from tests.doors.field.collect import submission_xml
from tests.spine.forms.sheets import xlsform
from wangge.flows.forming import take_submissions
from wangge.ground.journal.models import Event
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import system_actor
from wangge.spine.forms.queries import forms
from wangge.spine.forms.services.keys import key_issue
from wangge.spine.forms.services.publishing import form_publish
from wangge.spine.forms.services.taking import submission_take

KEEPER = system_actor("test", "form.publish", "form.issue_key")
WRONG = (
    "<place_kind>moon</place_kind><places>3</places><people>7</people>"
    "<who><owner>王小明</owner><phone>13812345678</phone></who><note>门口有人聚集</note>"
)


def forms_make(city: Any, files: dict[str, bytes] | None = None, answers: str = WRONG) -> SimpleNamespace:
    """A form `visit`, what alice sent with it and its handler refused, and a key of hers."""
    now = clock.now() - timedelta(minutes=5)
    forms.forget()
    upon = {"actor": KEEPER, "response_id": city.response_id, "now": now}
    form_publish(**upon, file_name="visit.xlsx", content=xlsform())
    taken = submission_take(
        actor=city.actor("alice", now),
        response_id=city.response_id,
        xml=submission_xml(answers=answers),
        files=files or {},
        now=now,
    )
    take_submissions(list(Event.objects.filter(type="submission.received", subject_id=taken.submission_id)), now)
    key, secret = key_issue(**upon, person_id=city.people["alice"], area_id=None, name="手机")
    return SimpleNamespace(submission=taken.submission_id, key=key.id, secret=secret)
