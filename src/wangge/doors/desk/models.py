"""The one thing the desk keeps for itself: who tried to sign in and failed."""

from __future__ import annotations

from django.db import models


class SignInTry(models.Model):
    """Wrong passwords in a row for one name from one address.

    `digest` is a keyed digest of both, so that the table names nobody, not even names that do not exist.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    wrong = models.PositiveSmallIntegerField(default=0)
    last_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name_plural = "sign-in tries"
