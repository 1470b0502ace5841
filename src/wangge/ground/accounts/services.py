"""Changing people, posts and rights."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import translation

from wangge.ground.accounts import events
from wangge.ground.accounts.leaving import holding_end, person_of, refuse_left
from wangge.ground.accounts.models import Agency, ApiToken, Holding, Person, Post, Role
from wangge.ground.areas.permission import require
from wangge.ground.journal import services as journal
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import InputInvalid, NotFound
from wangge.ground.kernel.secret import digest_of


def role_save(*, actor: Actor, code: str, name: str, name_en: str, verbs: list[str], stands: str) -> Role:
    """Make or change a role; roles come from the pack."""
    require(actor, "account.manage", None)
    role, _ = Role.objects.update_or_create(
        code=code, defaults={"name": name, "name_en": name_en, "verbs": sorted(verbs), "stands": stands}
    )
    return role


def agency_ensure(*, actor: Actor, kind: str, name: str, area_id: UUID) -> Agency:
    """The agency of a kind for an area, made where it is missing."""
    require(actor, "account.manage", area_id)
    agency, _ = Agency.objects.get_or_create(kind=kind, area_id=area_id, defaults={"name": name})
    return agency


def person_add(
    *,
    actor: Actor,
    username: str,
    display_name: str,
    now: datetime,
    password: str | None = None,
    email: str = "",
    webhook_url: str = "",
    language: str = "zh-hans",
    is_program: bool = False,
) -> Person:
    """Add somebody who can sign in; without a password they cannot until one is set."""
    require(actor, "account.manage", None)
    username = username.strip().lower()
    person = Person(
        username=username,
        display_name=display_name.strip(),
        email=email,
        webhook_url=webhook_url,
        language=language,
        is_program=is_program,
    )
    _check_person(person)
    _put_password(person, password)
    try:
        with transaction.atomic():
            person.save(force_insert=True)
            journal.record(events.PERSON_ADDED, at=now, actor_id=actor.person_id, subject_id=person.id)
    except IntegrityError:
        raise InputInvalid(
            field="username", why_zh=f"账号 {username} 已存在。", why_en=f"The sign-in name {username} is taken."
        ) from None
    return person


@transaction.atomic
def person_change(
    *,
    actor: Actor,
    person_id: UUID,
    now: datetime,
    display_name: str | None = None,
    email: str | None = None,
    webhook_url: str | None = None,
    language: str | None = None,
) -> list[str]:
    """Change what is known of somebody; None leaves it, "" takes an address away. Returns the fields changed.

    The journal names the fields and never what stands in them.
    """
    require(actor, "account.manage", None)
    person = person_of(person_id)
    wanted = {
        "display_name": display_name.strip() if display_name is not None else None,
        "email": email,
        "webhook_url": webhook_url,
        "language": language,
    }
    changes = {name: value for name, value in wanted.items() if value not in (None, getattr(person, name))}
    for name, value in changes.items():
        setattr(person, name, value)
    _check_person(person)
    if changes:
        person.save(update_fields=list(changes))
        journal.record(
            events.PERSON_CHANGED, at=now, actor_id=actor.person_id, subject_id=person.id, fields=sorted(changes)
        )
    return sorted(changes)


def _check_person(person: Person) -> None:
    """Refuse empty names, names too long for their column, addresses that are none, and languages nobody reads in."""
    _refuse_in_both(lambda: person.clean_fields(exclude=["password", "leaves_at"]), "username")
    if person.webhook_url and not person.webhook_url.startswith(("http://", "https://")):
        raise InputInvalid(
            field="webhook_url",
            why_zh="须以 http:// 或 https:// 开头。",
            why_en="It must begin with http:// or https://.",
        )
    if person.language not in dict(settings.LANGUAGES):
        known = "、".join(code for code, _ in settings.LANGUAGES)
        raise InputInvalid(
            field="language", why_zh=f"须为 {known} 之一。", why_en=f"It must be one of: {known.replace('、', ', ')}."
        )


# Django's catalogue has no Chinese for this one.
TOO_SHORT = {"zh-hans": "口令太短，至少要有 {min_length} 个字符。"}


def _refuse_in_both(check: Callable[[], object], field: str) -> None:
    """Raise InputInvalid with Django's own sentences in both languages, for what its checks refuse."""
    said = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            try:
                check()
            except ValidationError as error:
                if hasattr(error, "error_dict"):
                    field, errors = next(iter(error.error_dict.items()))
                    error = ValidationError(errors)
                first = error.error_list[0]
                own = TOO_SHORT.get(language) if first.code == "password_too_short" else None
                said.append(own.format(**(first.params or {})) if own else " ".join(error.messages))
    if said:
        raise InputInvalid(field=field, why_zh=said[0], why_en=said[1])


def _put_password(person: Person, password: str | None) -> None:
    if password is None:
        person.set_unusable_password()
        return
    _refuse_in_both(lambda: validate_password(password, person), "password")
    person.set_password(password)


@transaction.atomic
def password_set(*, actor: Actor, person_id: UUID, password: str, now: datetime) -> None:
    """Set somebody's password, one's own or, with the right to manage accounts, another's."""
    if actor.person_id != person_id:
        require(actor, "account.manage", None)
    person = person_of(person_id)
    _put_password(person, password)
    person.save(update_fields=["password"])
    journal.record(events.PASSWORD_SET, at=now, actor_id=actor.person_id, subject_id=person.id)


@transaction.atomic
def post_open(
    *,
    actor: Actor,
    name: str,
    role: str,
    area_id: UUID,
    now: datetime,
    agency_id: UUID | None = None,
    since: datetime | None = None,
) -> Post:
    """Open a post 岗位 of a role in an area."""
    require(actor, "account.manage", area_id)
    if not Role.objects.filter(code=role).exists():
        raise NotFound(what=f"角色 {role}")
    if agency_id is not None and not Agency.objects.filter(id=agency_id).exists():
        raise NotFound(what="单位")
    post = Post.objects.create(name=name, role_id=role, area_id=area_id, agency_id=agency_id, since=since or now)
    journal.record(events.POST_OPENED, at=now, actor_id=actor.person_id, area_id=area_id, subject_id=post.id, role=role)
    return post


@transaction.atomic
def post_hold(
    *,
    actor: Actor,
    post_id: UUID,
    person_id: UUID,
    now: datetime,
    deputy: bool = False,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Holding:
    """Put somebody on a post, as its holder or as a deputy, from a day and if known to a day."""
    post = Post.objects.filter(id=post_id).first()
    if post is None:
        raise NotFound(what="岗位")
    require(actor, "account.manage", post.area_id)
    if until is not None and until <= (since or now):
        raise InputInvalid(
            field="until", why_zh="离岗时间须晚于到岗时间。", why_en="The end must come after the beginning."
        )
    refuse_left(person_of(person_id), until, since or now)
    try:
        with transaction.atomic():
            holding = Holding.objects.create(
                post=post, person_id=person_id, deputy=deputy, since=since or now, until=until
            )
    except IntegrityError:
        raise InputInvalid(
            field="person", why_zh="此人已在该岗位上。", why_en="This person holds the post already."
        ) from None
    journal.record(
        events.POST_HELD,
        at=now,
        actor_id=actor.person_id,
        area_id=post.area_id,
        subject_id=post.id,
        person=str(person_id),
        deputy=deputy,
    )
    return holding


@transaction.atomic
def post_leave(*, actor: Actor, holding_id: UUID, now: datetime) -> None:
    """Take somebody off a post from now on, whatever end was planned; done twice, it changes nothing."""
    holding = Holding.objects.select_related("post").filter(id=holding_id).first()
    if holding is None:
        raise NotFound(what="任职记录")
    require(actor, "account.manage", holding.post.area_id)
    holding_end(holding, actor=actor, at=now, now=now)


@transaction.atomic
def token_issue(*, actor: Actor, person_id: UUID, name: str, now: datetime, expires_at: datetime | None = None) -> str:
    """Issue an API token for a program; the secret is returned once and never kept."""
    require(actor, "account.manage", None)
    person_of(person_id)
    if expires_at is not None and expires_at <= now:
        raise InputInvalid(field="expires_at", why_zh="失效时间须在现在之后。", why_en="It must expire after now.")
    secret = f"wg_{secrets.token_urlsafe(32)}"
    ApiToken.objects.create(
        person_id=person_id, name=name, digest=digest_of(secret), created_at=now, expires_at=expires_at
    )
    journal.record(events.TOKEN_ISSUED, at=now, actor_id=actor.person_id, subject_id=person_id)
    return secret


@transaction.atomic
def sign_in_record(*, person_id: UUID | None, accepted: bool, now: datetime) -> None:
    """Note a sign-in, or one that was refused, in the journal. No name stands there, only the account."""
    journal.record(events.SIGNED_IN if accepted else events.SIGN_IN_REFUSED, at=now, actor_id=person_id)
