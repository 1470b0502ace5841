"""Signing in at the desk, with a brake on guessing."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.auth import authenticate, get_user_model
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from wangge.doors.desk.models import SignInTry
from wangge.doors.desk.rules import FORGOTTEN_AFTER, waits_for
from wangge.ground.accounts.services import sign_in_record
from wangge.ground.kernel.problems import SignInHeld, SignInRefused

if TYPE_CHECKING:
    from wangge.ground.accounts.models import Person


def sign_in(*, request: HttpRequest | None, username: str, password: str, address: str, now: datetime) -> Person:
    """The person with this name and password. Raises SignInRefused or, while the brake holds, SignInHeld.

    Both answers are the same whether the name exists or not.
    """
    username = username.strip().lower()
    digest = salted_hmac("wangge.sign-in", f"{username}\n{address}", algorithm="sha256").hexdigest()
    tried = SignInTry.objects.filter(digest=digest).first()
    if tried is not None:
        wait = waits_for(tried.wrong, tried.last_at, now)
        if wait:
            raise SignInHeld(retry_after=math.ceil(wait.total_seconds()))
    person = authenticate(request, username=username, password=password)
    if person is None or getattr(person, "is_program", False):
        _count_wrong(digest, username, now)
        raise SignInRefused()
    SignInTry.objects.filter(digest=digest).delete()
    sign_in_record(person_id=person.pk, accepted=True, now=now)
    return person


@transaction.atomic
def _count_wrong(digest: str, username: str, now: datetime) -> None:
    """One more wrong try; what lies longer back than tries are remembered is swept away."""
    SignInTry.objects.filter(last_at__lt=now - FORGOTTEN_AFTER).delete()
    SignInTry.objects.bulk_create([SignInTry(digest=digest, last_at=now)], ignore_conflicts=True)
    SignInTry.objects.filter(digest=digest).update(wrong=F("wrong") + 1, last_at=now)
    account = get_user_model().objects.filter(username=username).values_list("pk", flat=True).first()
    sign_in_record(person_id=account, accepted=False, now=now)
