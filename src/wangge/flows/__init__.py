"""What must follow: the one table from event types to what the system then does.

Read it once and you know the wiring. Every follow-up takes the events of one type from one
reading of the journal, and is idempotent: done twice, it changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from wangge.duties.checkpoints.services import notices as checkpoint_notices
from wangge.duties.matters.services import escalation, pausing, telling
from wangge.duties.observation.services import handing, notices, referrals
from wangge.duties.rosters.services import telling as rostering
from wangge.duties.venues.services import notices as venue_notices
from wangge.duties.venues.services import rechecks
from wangge.flows import alarming, caring, forming, inspecting, refusing, registering, screening
from wangge.ground.journal.readers import Event
from wangge.ground.kernel.permission import Actor, system_actor
from wangge.picture.bulletins import subscribing
from wangge.picture.figures import services as figures
from wangge.spine.clocks.services import Due

Follow = Callable[[list[Event], datetime], None]

FIGURES_KEEPER = system_actor("figures", "pack.load")


def rebuild_figures(happened: list[Event], now: datetime) -> None:
    """A response that follows another pack counts by that pack's figures from its start on."""
    for response_id in {event.response_id for event in happened if event.response_id}:
        figures.figures_rebuild(actor=FIGURES_KEEPER, response_id=response_id, now=now)


FLOWS: dict[str, list[Follow]] = {
    "response.pack_changed": [rebuild_figures],
    "matter.received": [telling.tell_responsible, registering.register_people],
    "matter.report_added": [registering.register_people],
    "matter.triaged": [telling.tell_agencies, registering.register_people],
    "matter.reminded": [telling.remind_owner],
    "matter.escalated": [telling.tell_desk_above],
    "matter.handed_back": [telling.tell_arbiter],
    "matter.coordinated": [telling.ask_for_verification],
    "matter.verification_failed": [telling.tell_lead_of_failure],
    "matter.closed": [telling.answer_reporters, registering.withdraw_unfounded],
    "matter.dismissed": [telling.answer_reporters, registering.withdraw_unfounded],
    "matter.reopened": [telling.tell_desk_of_reopening, registering.restore_founded],
    "matter.hold_asked": [telling.ask_for_hold],
    "matter.resumed": [telling.tell_parking_owner],
    "individual.registered": [registering.open_matters],
    "individual.moved": [handing.tell_both_desks],
    "individual.list_imported": [registering.open_matters_of_list],
    "alarm.raised": [alarming.open_matters],
    "bulletin.issued": [subscribing.tell_subscribers],
    "referral.asked": [notices.tell_clinic],
    "referral.reminded": [notices.tell_clinic],
    "referral.moved": [notices.tell_asker_declined],
    "referral.answered": [notices.tell_asker, caring.care_for_left],
    "referral.overdue": [notices.tell_county],
    "measure.ordered": [notices.tell_measure_ordered, refusing.open_refusal],
    "measure.warned": [notices.tell_measure_warned],
    "measure.ended": [notices.tell_measure_ended],
    "plan.started": [caring.care_for_left],
    "plan.changed": [caring.care_for_left],
    "dependant.named": [caring.care_for_left],
    "submission.received": [forming.take_submissions],
    "submission.repaired": [forming.take_submissions],
    "submission.retried": [forming.take_submissions],
    "visit.found_open": [inspecting.open_breaches],
    "visit.recheck_overdue": [venue_notices.tell_recheck_overdue],
    "lodging.missing": [inspecting.open_missing],
    "duty.late": [rostering.tell_late],
    "roster.published": [rostering.tell_tired],
    "roster.changed": [rostering.tell_tired],
    "roster.searched": [rostering.tell_tired],
    "roster.swap": [rostering.tell_tired],
    "roster.fixed_changed": [rostering.tell_tired_of_fixed],
    "roster.leave_entered": [rostering.tell_freed],
    "roster.withdrawn": [rostering.tell_withdrawn],
    "screening.alerted": [checkpoint_notices.tell_desk, screening.open_matters],
    "screening.person_told": [screening.add_people],
}

# An expired clock calls a service like anyone else; the first word of a clock's `what` says whose it is.
CLOCK_STEPS: dict[str, Callable[[Actor, Due, datetime], bool]] = {
    "matter": lambda actor, due, now: escalation.matter_escalate(actor=actor, due=due, now=now),
    "referral": lambda actor, due, now: referrals.referral_overdue(actor=actor, due=due, now=now),
    "recheck": lambda actor, due, now: rechecks.recheck_overdue(actor=actor, due=due, now=now),
}
PAUSE_ENDS = {
    "matter": lambda actor, subject_id, now: pausing.pause_over(actor=actor, matter_id=subject_id, now=now),
}
