"""Whether somebody is on record already 查重: by document, and by name together with telephone.

Looked for in the whole response, whatever the area; what is found is narrowed before anybody sees it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from wangge.duties.observation.drafts import RecordDraft
from wangge.duties.observation.models import Individual
from wangge.ground.areas.permission import may
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import RecordKnown
from wangge.ground.responses import vault
from wangge.ground.responses.rules import normal

BATCH = 5000


@dataclass(frozen=True)
class Known:
    """A record in use that may be the person's. `sure` where nothing speaks against it: no other document."""

    individual: Individual
    by: str
    sure: bool


def marks(draft: RecordDraft) -> Iterator[tuple[str, ...]]:
    """What tells a person from others: two drafts that share one are of the same person."""
    if draft.document:
        yield "document", draft.document_kind, normal("document", draft.document)
    if draft.name:
        for phone in draft.phones:
            yield "phone", normal("name", draft.name), normal("phone", phone)


def may_be(draft: RecordDraft, record: Individual, by: str) -> bool:
    """Whether nothing speaks against a record that shares a mark: another document of the same kind does."""
    return by == "document" or draft.document_kind == "none" or draft.document_kind != record.document_kind


def known_many(response_id: UUID, drafts: Sequence[RecordDraft], exercise: bool) -> list[list[Known]]:
    """For each draft the records in use that may be the same person's; a fixed number of queries for each batch.

    `exercise` says that the whole response is one: a rehearsal's people are never taken for real ones.
    """
    found: list[list[Known]] = []
    for start in range(0, len(drafts), BATCH):
        found += _known(response_id, drafts[start : start + BATCH], exercise)
    return found


def _known(response_id: UUID, drafts: Sequence[RecordDraft], exercise: bool) -> list[list[Known]]:
    documents = {draft.document for draft in drafts if draft.document}
    by_document = vault.subjects_with_many(response_id=response_id, kind="document", values=sorted(documents))
    phones = {phone for draft in drafts if draft.name for phone in draft.phones}
    by_phone = vault.subjects_with_many(response_id=response_id, kind="phone", values=sorted(phones))
    records = _records([*by_document.values(), *by_phone.values()])
    # A name alone is shared by many: only those who have the telephone are looked at.
    called = {subject for subjects in by_phone.values() for subject in subjects if subject in records}
    names = {draft.name for draft in drafts if draft.name and draft.phones}
    by_name = vault.subjects_with_many(response_id=response_id, kind="name", values=sorted(names), among=called)
    answers = []
    for draft in drafts:
        rehearsed = exercise or draft.exercise
        hits = {("document", subject) for subject in by_document.get(draft.document, ()) if draft.document}
        named = set(by_name.get(draft.name, ()))
        hits |= {("phone", one) for phone in draft.phones for one in by_phone.get(phone, ()) if one in named}
        answers.append(list(_judged(draft, sorted(hits), records, rehearsed)))
    return answers


def _records(found: Iterable[Sequence[UUID]]) -> dict[UUID, Individual]:
    """The records behind subjects of the vault: themselves, or what they were merged into, if that is in use."""
    ids = {subject for subjects in found for subject in subjects}
    rows = Individual.objects.filter(id__in=ids).select_related("merged_into") if ids else ()
    heads = {row.id: row.merged_into or row for row in rows}
    return {subject: head for subject, head in heads.items() if head.state == "active"}


def _judged(
    draft: RecordDraft, hits: Sequence[tuple[str, UUID]], records: dict[UUID, Individual], rehearsed: bool
) -> Iterator[Known]:
    seen: set[UUID] = set()
    for by, subject in hits:
        record = records.get(subject)
        if record is None or record.id in seen or record.exercise != rehearsed:
            continue
        if by == "document" and draft.document_kind != record.document_kind:
            continue  # two kinds of document may share a number
        seen.add(record.id)
        yield Known(record, by, may_be(draft, record, by))


def problem_of(known: Sequence[Known], actor: Actor) -> RecordKnown:
    """What somebody who registers is told: the numbers they may see; of others only whose desk to ask."""
    numbers = sorted(one.individual.number for one in known if may(actor, "person.view", one.individual.area_id))
    desks = sorted({desk_of(one.individual.area_id) for one in known if one.individual.number not in numbers})
    zh = [*numbers, *(f"已在外地建档，请联系该地值班台（{desk}）" for desk in desks)]
    en = [*numbers, *(f"on record elsewhere, ask the duty desk there ({desk})" for desk in desks)]
    return RecordKnown(numbers=numbers, known_zh="；".join(zh), known_en="; ".join(en))


def desk_of(area_id: UUID) -> str:
    """The name of the town whose desk answers for an area, with its county: nobody is told the village."""
    areas = tree()
    place = next((one for one in (area_id, *areas.ancestors(area_id)) if areas.get(one).level == "town"), area_id)
    return areas.path_name(place)
