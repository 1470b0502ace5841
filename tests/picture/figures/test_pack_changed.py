"""A response that changes to another pack counts by that pack's figures, from its start on."""

from __future__ import annotations

from datetime import timedelta

from tests.conftest import OPERATOR, huizhou_pack
from wangge.duties.matters.rules import ReportDraft
from wangge.duties.matters.services import intake
from wangge.ground.responses import services as responses
from wangge.picture.figures.queries import figures


def test_the_new_packs_figures_count_what_was_recorded_before(city, now, settle):
    for kind in ("arrival", "arrival", "gathering"):
        draft = ReportDraft(kind=kind, area_id=city.area("441302001001"), source="phone", text="有情况")
        intake.matter_receive(actor=city.actor("alice"), response_id=city.response_id, draft=draft, now=now)
    settle(now)
    pack = huizhou_pack()
    received = pack.figures["matters_received"]
    narrowed = received.of[0].model_copy(update={"where": {"kind": ("arrival",)}})
    changed = pack.model_copy(
        update={
            "version": f"{pack.version}-b",
            "figures": {**pack.figures, "matters_received": received.model_copy(update={"of": (narrowed,)})},
        }
    )
    kept = responses.pack_load(actor=OPERATOR, pack=changed, now=now)

    def total():
        found = figures(
            actor=city.actor("frank"),
            response_id=city.response_id,
            area_id=city.area("4413"),
            until=now + timedelta(minutes=1),
        )
        return found["matters_received"].total

    assert total() == 3
    responses.response_change_pack(actor=OPERATOR, response_id=city.response_id, pack_id=kept.id, now=now)
    settle(now)
    assert total() == 2
