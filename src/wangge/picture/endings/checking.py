"""Checking a destruction record: against the journal, the chain over it, the key store and the sealed fields."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from wangge.ground.areas.permission import require
from wangge.ground.journal.readers import Event
from wangge.ground.journal.seal import link_of, verify
from wangge.ground.kernel.permission import Actor
from wangge.ground.responses.keys import keys_gone
from wangge.ground.responses.queries import response_by_id
from wangge.ground.responses.vault import opened_of_sample
from wangge.picture.endings import events
from wangge.picture.endings.models import Ending
from wangge.picture.endings.queries import destruction_of, record_digest

SAMPLE = 200


@dataclass(frozen=True)
class Check:
    """One thing that was checked, and what was found, in both languages."""

    ok: bool
    zh: str
    en: str


def destruction_verify(*, actor: Actor, response_id: UUID) -> list[Check]:
    """Check the record of a response's destruction; reads the whole journal. Raises NotFound where there is none."""
    require(actor, "journal.verify", response_by_id(response_id).area_id)
    ending = destruction_of(actor=actor, response_id=response_id)
    return [_journal(ending), *_chain(ending), _keys(ending), _sample(ending)]


def _journal(ending: Ending) -> Check:
    told = list(Event.objects.filter(subject_id=ending.id, type=events.DESTROYED))
    expected = {
        "fields": sum(ending.counts["fields"].values()),
        "subjects": ending.counts["subjects"],
        "fingerprints": ending.fingerprints,
        "record_digest": record_digest(ending),
        "seal_number": ending.seal_number,
        "seal_head": ending.seal_head,
    }
    same = len(told) == 1 and expected.items() <= told[0].data.items() and told[0].at == ending.done_at
    if same:
        return Check(True, "日志中有这次销毁，内容与记录一致。", "The journal tells of it once, as the record does.")
    return Check(False, "日志中的销毁与记录不一致。", "The journal does not tell of it as the record does.")


def _chain(ending: Ending) -> list[Check]:
    verdict = verify()
    whole = Check(
        verdict.ok,
        f"日志 {verdict.events} 条{'完整，未被改动' if verdict.ok else '不完整或被改动过'}。",
        f"The journal of {verdict.events} events {'is whole' if verdict.ok else 'was altered or is not whole'}.",
    )
    same = link_of(ending.seal_number or 0) == ending.seal_head
    return [
        whole,
        Check(
            same,
            f"销毁时的封存第 {ending.seal_number} 块{'仍是' if same else '已不是'}记录所载的摘要。",
            f"Block {ending.seal_number} of the seal {'still has' if same else 'no longer has'} the recorded digest.",
        ),
    ]


def _keys(ending: Ending) -> Check:
    if keys_gone(ending.response_id):
        return Check(True, "密钥已不在密钥目录或密钥服务中。", "The keys are no longer where keys are kept.")
    return Check(
        False, "密钥又出现在密钥目录或密钥服务中，请删除。", "The keys are back where keys are kept: remove them."
    )


def _sample(ending: Ending) -> Check:
    tried, opened = opened_of_sample(ending.response_id, SAMPLE)
    return Check(
        not opened,
        f"抽查 {tried} 项个人信息，{opened} 项可读。",
        f"Of {tried} fields tried, {opened} could be read.",
    )
