"""Taking what is sent 接收填报, as OpenRosa has it: once, whoever sends it how often and in how many pieces.

The primitive is the batch: any number of submissions of several senders in one transaction with a fixed number of
statements, each with its own result. The same instanceID with the same XML adds the attachments that are missing;
with another XML it is a conflict. An edit names the instance that it corrects and is a submission of its own; which
of the two counts is settled when they are followed up, because either may come first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import IntegrityError
from django.utils.crypto import salted_hmac

from wangge.ground.areas.permission import may
from wangge.ground.areas.tree import tree
from wangge.ground.journal import services as journal
from wangge.ground.kernel.bulk import in_few_messages, insert_rows, one_of, select_rows
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.prepared import change_rows
from wangge.ground.kernel.problems import (
    BodyTooLarge,
    NotFound,
    NotPermitted,
    Problem,
    SubmissionConflict,
    SubmissionReplaced,
    SubmissionUnreadable,
)
from wangge.ground.responses import vault
from wangge.ground.responses.evidence import SealedFile, Sender, keep_files, seal_file, unneeded
from wangge.ground.responses.queries import response_running
from wangge.ground.responses.vault import Secret
from wangge.spine.forms import events
from wangge.spine.forms.filled import named_files
from wangge.spine.forms.models import Submission, SubmissionFile
from wangge.spine.forms.queries.forms import Known, forget, versions_known
from wangge.spine.forms.xml import children, parsed

MOST_XML = 4 * 1024 * 1024
LONGEST_ID = 120
RETRIES = 3
# `exercise` and the rest stand in the order of the columns of a new row.
COLUMNS = (
    "id", "response", "version", "form_id", "instance_id", "deprecated_id", "digest", "person", "area", "received_at",
    "state", "problem", "subject_id", "exercise",
)  # fmt: skip
KEPT = ("id", "instance_id", "deprecated_id", "response", "digest", "state", "form_id", "area", "version")


@dataclass(frozen=True)
class Sent:
    """What came in: who sent it for which response and area, the XML as it is, the files sealed, by name.

    `incomplete` says that the sender will send more files with the same XML.
    """

    actor: Actor
    response_id: UUID
    xml: bytes
    files: Mapping[str, SealedFile] = field(default_factory=dict)
    area_id: UUID | None = None
    incomplete: bool = False


class Taken(NamedTuple):
    """A submission that lies here: new or known, and whether files that it names have still to come."""

    submission_id: UUID
    fresh: bool
    missing: int


@dataclass
class _Item:
    """One submission on its way through the batch."""

    place: int
    sent: Sent
    known: Known
    instance_id: str
    deprecated_id: str
    area_id: UUID
    names: dict[str, str]
    digest: bytes
    id: UUID = field(default_factory=new_id)

    @property
    def key(self) -> tuple[UUID, str]:
        return self.sent.response_id, self.instance_id


def submission_take(
    *,
    actor: Actor,
    response_id: UUID,
    xml: bytes,
    files: Mapping[str, bytes],
    now: datetime,
    area_id: UUID | None = None,
    incomplete: bool = False,
) -> Taken:
    """Take one submission with its files by name, or raise the problem that keeps it out."""
    sealed = {name: seal_file(response_id=response_id, content=content, name=name) for name, content in files.items()}
    sent = Sent(actor, response_id, xml, sealed, area_id, incomplete)
    [result] = submissions_take(sent=[sent], now=now)
    if isinstance(result, Problem):
        raise result
    return result


def submissions_take(*, sent: Sequence[Sent], now: datetime) -> list[Taken | Problem]:
    """Take submissions in one transaction: a result for each in its order. Sealed files not kept are taken away.

    Where another process takes one of them meanwhile, everything is rolled back and done again; it is then known.
    """
    results: dict[int, Taken | Problem] = {}
    items: list[_Item] = []
    for place, one in enumerate(sent):
        try:
            items.append(_read(place, one))
        except Problem as problem:
            results[place] = problem
    kept: set[UUID] = set()
    if items:
        results.update(_taken(items, kept, now))
    # Only now: where the commit is in doubt, a file too many is better than one too few.
    unneeded((file for one in sent for file in one.files.values()), kept)
    return [results[place] for place in range(len(sent))]


def _taken(items: list[_Item], kept: set[UUID], now: datetime) -> dict[int, Taken | Problem]:
    for left in reversed(range(RETRIES)):
        results: dict[int, Taken | Problem] = {}
        kept.clear()
        try:
            with in_few_messages(rows=len(items)):
                todo = items
                while todo:
                    round_, todo = _apart(todo)
                    results.update(_take_round(round_, kept, now))
            return results
        except IntegrityError:
            if not left:
                raise
    raise AssertionError("the last try returns or raises")


def _apart(items: Sequence[_Item]) -> tuple[list[_Item], list[_Item]]:
    """Those that have nothing to do with each other, and the rest, whose turn comes after them."""
    seen: set[tuple[UUID, str]] = set()
    now: list[_Item] = []
    later: list[_Item] = []
    for item in items:
        keys = {item.key, (item.sent.response_id, item.deprecated_id)} if item.deprecated_id else {item.key}
        (later if keys & seen else now).append(item)
        seen |= keys
    return now, later


# -- reading -----------------------------------------------------------------------------------------


def _read(place: int, sent: Sent) -> _Item:
    """What a submission says of itself. Raises what is wrong with it."""
    if len(sent.xml) > MOST_XML:
        raise BodyTooLarge(limit=MOST_XML // 1024 // 1024, unit_zh="MB 的 XML", unit_en="MB of XML")
    try:
        sent.xml.decode()
    except UnicodeDecodeError:
        raise SubmissionUnreadable(why_zh="XML 不是 UTF-8 编码", why_en="its XML is not UTF-8") from None
    root = parsed(sent.xml)
    known = _known(sent.response_id, root)
    meta = next(children(root, "meta"), None)
    instance_id = _said(meta, "instanceID")
    if not instance_id:
        raise SubmissionUnreadable(why_zh="没有 instanceID", why_en="it has no instanceID")
    return _Item(
        place=place,
        sent=sent,
        known=known,
        instance_id=instance_id,
        deprecated_id=_said(meta, "deprecatedID"),
        area_id=_area(sent, _said(root, "area")),
        names=named_files(root, known.files),
        digest=salted_hmac("wangge.submission", sent.xml, algorithm="sha256").digest()[:16],
    )


def _known(response_id: UUID, root: Any) -> Known:
    """The version that a submission was made with. Raises SubmissionUnreadable, NotFound."""
    code, version = root.get("id", ""), root.get("version", "")
    if not code:
        raise SubmissionUnreadable(why_zh="没有写明是哪个表单", why_en="it does not say of which form it is")
    known = versions_known(response_id).get((code, version))
    if known is None:
        forget()  # a version may have been published since the last look
        known = versions_known(response_id).get((code, version))
    if known is None:
        raise NotFound(what=f"表单 {code[:40]} {version[:40]}")
    return known


def _said(node: Any, name: str) -> str:
    """The text of a child. Raises SubmissionUnreadable for an id that cannot be kept."""
    child = next(children(node, name), None) if node is not None else None
    text = (child.text or "").strip() if child is not None else ""
    if len(text) > LONGEST_ID or not text.isprintable():
        raise SubmissionUnreadable(why_zh=f"{name} 过长或含有控制字符", why_en=f"its {name} cannot be kept")
    return text


def _area(sent: Sent, code: str) -> UUID:
    """Where it was filled in: the area that an answer names, the sender's otherwise. Raises NotPermitted.

    An answer that names an area where the sender may not send is left to the handler, so that nothing is lost.
    """
    node = tree().by_code(code) if code else None
    places = [node.id] if node else []
    places += [sent.area_id] if sent.area_id else sent.actor.area_ids
    for area_id in places:
        if may(sent.actor, "form.submit", area_id):
            return area_id
    raise NotPermitted(verb="form.submit")


# -- one round ---------------------------------------------------------------------------------------


def _take_round(items: Sequence[_Item], kept: set[UUID], now: datetime) -> dict[int, Taken | Problem]:
    """Take submissions of which none is another or edits another."""
    results: dict[int, Taken | Problem] = {}
    running = {response_id: _running(response_id) for response_id in {item.sent.response_id for item in items}}
    before, edited = _before(items), _edited(items)
    fresh: list[_Item] = []
    again: list[tuple[_Item, tuple[Any, ...]]] = []
    for item in items:
        response, row = running[item.sent.response_id], before.get(item.key)
        if isinstance(response, Problem):
            results[item.place] = response
        elif row is not None:
            if bytes(row[4]) == item.digest or _same(row[0], item):
                again.append((item, row))
            else:
                results[item.place] = SubmissionConflict()
        elif item.deprecated_id and (item.sent.response_id, item.deprecated_id) in edited:
            results[item.place] = SubmissionReplaced()
        else:
            fresh.append(item)
    evidence = _kept_files([*fresh, *(item for item, _ in again)], kept, now)
    if fresh:
        _write(fresh, running, evidence, now)
    for item in fresh:
        results[item.place] = Taken(item.id, True, len(_missing(item)))
    for item, row in again:
        results[item.place] = _complete(item, row, evidence, now)
    return results


def _running(response_id: UUID) -> Any:
    try:
        return response_running(response_id)
    except Problem as problem:
        return problem


def _before(items: Sequence[_Item]) -> dict[tuple[UUID, str], tuple[Any, ...]]:
    """The submissions that lie here under the same ids."""
    where, values = one_of("instance_id", {item.instance_id for item in items})
    return {(row[3], row[1]): row for row in select_rows(Submission, KEPT, where, values)}


def _edited(items: Sequence[_Item]) -> set[tuple[UUID, str]]:
    """Those of the instances to be edited that an edit has replaced already."""
    wanted = {item.deprecated_id for item in items if item.deprecated_id}
    if not wanted:
        return set()
    where, values = one_of("deprecated_id", wanted)
    rows = select_rows(Submission, ("response", "deprecated_id"), f"deprecated_id <> '' AND {where}", values)
    return {(response_id, deprecated_id) for response_id, deprecated_id in rows}


def _same(submission_id: UUID, item: _Item) -> bool:
    """Whether the XML kept is the one sent: asked where digests differ, as after a move to another installation."""
    held = vault.carried(response_id=item.sent.response_id, subject_ids=[submission_id]).get(submission_id, [])
    return any(secret.field == "xml" and secret.value.encode() == item.sent.xml for secret in held)


def _needed(item: _Item) -> dict[str, SealedFile]:
    """The files that came and that an answer names, by the answer's place."""
    return {place: item.sent.files[name] for place, name in item.names.items() if name in item.sent.files}


def _missing(item: _Item) -> set[str]:
    return {place for place, name in item.names.items() if name not in item.sent.files}


def _kept_files(items: Sequence[_Item], kept: set[UUID], now: datetime) -> dict[UUID, UUID]:
    """Keep the files of some submissions; by the id each was sealed under, that under which it lies here."""
    brought = [(file, Sender(item.sent.actor, item.area_id)) for item in items for file in _needed(item).values()]
    if not brought:
        return {}
    ids = keep_files(brought, now=now)
    kept.update(ids)
    return {file.id: kept_as for (file, _), kept_as in zip(brought, ids, strict=True)}


def _write(items: Sequence[_Item], running: Mapping[UUID, Any], evidence: Mapping[UUID, UUID], now: datetime) -> None:
    insert_rows(Submission, COLUMNS, [_row(item, running[item.sent.response_id], now) for item in items])
    for response_id in running:
        secrets = [
            Secret(item.id, "xml", "sealed", item.sent.xml.decode())
            for item in items
            if item.sent.response_id == response_id
        ]
        vault.put_many(response_id=response_id, secrets=secrets)
    insert_rows(
        SubmissionFile,
        ("submission", "place", "evidence"),
        [
            (item.id, place, evidence[item.sent.files[name].id] if name in item.sent.files else None)
            for item in items
            for place, name in item.names.items()
        ],
    )
    journal.record_many(
        _received(item, item.id, running[item.sent.response_id].exercise, now)
        for item in items
        if _state(item) == "received"
    )


def _state(item: _Item) -> str:
    return "incomplete" if item.sent.incomplete and _missing(item) else "received"


def _row(item: _Item, response: Any, now: datetime) -> tuple[Any, ...]:
    known = item.known
    return (
        item.id, response.id, known.id, known.form_id, item.instance_id, item.deprecated_id, item.digest,
        item.sent.actor.person_id, item.area_id, now, _state(item), "", None, response.exercise,
    )  # fmt: skip


def _received(item: _Item, submission_id: UUID, exercise: bool, now: datetime) -> journal.Draft:
    return journal.draft(
        events.RECEIVED,
        at=now,
        actor_id=item.sent.actor.person_id,
        area_id=item.area_id,
        subject_id=submission_id,
        response_id=item.sent.response_id,
        exercise=exercise,
        form=item.known.code,
        version=item.known.version,
    )


def _complete(item: _Item, row: tuple[Any, ...], evidence: Mapping[UUID, UUID], now: datetime) -> Taken:
    """Add what was missing to a submission that lies here; once nothing is, or nothing more will come, it is whole."""
    submission_id, state = row[0], row[5]
    for place, file in _needed(item).items():
        change_rows(
            SubmissionFile,
            {"submission": submission_id, "place": place, "evidence": None},
            {"evidence": evidence[file.id]},
        )
    left = SubmissionFile.objects.filter(submission_id=submission_id, evidence__isnull=True).count()
    whole = state == "incomplete" and not (item.sent.incomplete and left)
    if whole and change_rows(Submission, {"id": submission_id, "state": "incomplete"}, {"state": "received"}):
        exercise = response_running(item.sent.response_id).exercise
        journal.record_many([_received(item, submission_id, exercise, now)])
    return Taken(submission_id, False, left)
