"""Writes that are answered once 幂等: the same key and body get the same answer, another body is a conflict.

A door gives every write the key its sender chose. The key is taken in the transaction of the work
itself, so that of two senders at once one does the work and the other hears the same answer; work
that ends in a problem takes no key, because it changed nothing and may be sent again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import IntegrityError, transaction

from wangge.ground.accounts.models import AnsweredCall
from wangge.ground.kernel.bulk import in_few_messages, insert_rows, one_of, select_rows
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import IdempotencyConflict, InputInvalid, Problem

LONGEST_KEY = 80
RETRIES = 3
COLUMNS = ("person", "key", "body_hash", "status", "answer", "at")

Answer = tuple[int, dict[str, Any]]


class Call(NamedTuple):
    """A write on its way: who sends it, under which key, and the digest of what is sent."""

    person_id: UUID
    key: str
    body_hash: str


def call_of(actor: Actor, key: str, body: bytes) -> Call:
    """The call of an actor. Raises InputInvalid where the key cannot be kept."""
    if actor.person_id is None:
        raise ValueError("a job of the system sends no idempotency keys")
    if not 0 < len(key) <= LONGEST_KEY or not key.isprintable():
        raise InputInvalid(
            field="Idempotency-Key",
            why_zh=f"须为 1 至 {LONGEST_KEY} 个可见字符。",
            why_en=f"It takes 1 to {LONGEST_KEY} printable characters.",
        )
    return Call(actor.person_id, key, hashlib.sha256(body).hexdigest())


@transaction.atomic
def answered_once(*, actor: Actor, key: str, body: bytes, now: datetime, work: Callable[[], Answer]) -> Answer:
    """Do the work and keep its answer (status, JSON), or give the answer kept. Raises IdempotencyConflict.

    The key is taken before the work: whoever comes second with it waits for the first one's commit
    and then finds the answer, instead of meeting a changed state.
    """
    person_id, key, body_hash = call_of(actor, key, body)
    kept, fresh = AnsweredCall.objects.get_or_create(
        person_id=person_id, key=key, defaults={"body_hash": body_hash, "status": 0, "answer": {}, "at": now}
    )
    if not fresh:
        if kept.body_hash != body_hash:
            raise IdempotencyConflict()
        return kept.status, kept.answer
    status, answer = work()
    AnsweredCall.objects.filter(id=kept.id).update(status=status, answer=answer)
    return status, answer


def answered_many(
    *, calls: Sequence[Call], now: datetime, work: Callable[[list[int]], Sequence[Answer | Problem]]
) -> list[Answer | Problem]:
    """The same for a batch in one transaction and two statements: a result for each call, in order.

    `work` gets the places of the calls to be done and gives their results in that order. Where
    another process takes one of the keys meanwhile, everything is rolled back and done again; the
    look-up then finds its answer.
    """
    for left in reversed(range(RETRIES)):
        try:
            with in_few_messages(rows=len(calls)):
                return _answer(calls, now, work)
        except IntegrityError:
            if not left:
                raise
    raise AssertionError("the last try returns or raises")


def _answer(
    calls: Sequence[Call], now: datetime, work: Callable[[list[int]], Sequence[Answer | Problem]]
) -> list[Answer | Problem]:
    kept = _kept(calls)
    results: dict[int, Answer | Problem] = {}
    fresh: dict[tuple[UUID, str], int] = {}
    repeats: list[tuple[int, int]] = []
    for place, call in enumerate(calls):
        name = (call.person_id, call.key)
        if name in kept:
            body_hash, status, answer = kept[name]
            results[place] = (status, answer) if body_hash == call.body_hash else IdempotencyConflict()
        elif name not in fresh:
            fresh[name] = place
        elif calls[fresh[name]].body_hash == call.body_hash:
            repeats.append((place, fresh[name]))
        else:
            results[place] = IdempotencyConflict()
    todo = list(fresh.values())
    if todo:
        results.update(zip(todo, work(todo), strict=True))
        _keep([(calls[place], results[place]) for place in todo], now)
    results.update((place, results[first]) for place, first in repeats)
    return [results[place] for place in range(len(calls))]


def _kept(calls: Sequence[Call]) -> dict[tuple[UUID, str], tuple[str, int, dict[str, Any]]]:
    people, person_ids = one_of("person_id", {call.person_id for call in calls})
    named, keys = one_of("key", {call.key for call in calls})
    fields = ("person", "key", "body_hash", "status", "answer")
    rows = select_rows(AnsweredCall, fields, f"{people} AND {named}", [*person_ids, *keys])
    return {(person_id, key): (body_hash, status, answer) for person_id, key, body_hash, status, answer in rows}


def _keep(done: Sequence[tuple[Call, Answer | Problem]], now: datetime) -> None:
    rows = [
        (call.person_id, call.key, call.body_hash, result[0], result[1], now)
        for call, result in done
        if not isinstance(result, Problem)
    ]
    # In an order that all share: of two batches with the same keys one waits, and neither for the other.
    insert_rows(AnsweredCall, COLUMNS, sorted(rows, key=_by_key))


def _by_key(row: Sequence[Any]) -> tuple[int, str]:
    return row[0].int, row[1]
