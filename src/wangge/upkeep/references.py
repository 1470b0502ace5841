"""References that the database does not check: every one of them must lead somewhere.

What each report refers to is left unchecked for speed; the rows referred to are never deleted, and
here is where somebody who deleted one all the same is found out.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef


def unchecked() -> Iterator[models.ForeignKey[models.Model, models.Model]]:
    """The foreign keys without a constraint in the database."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, models.ForeignKey) and not getattr(field, "db_constraint", True):
                yield field


def dangling() -> dict[str, int]:
    """How many rows refer to nothing, by "app.Model.field"; only fields where there are some."""
    found = {}
    for field in unchecked():
        target = field.related_model._default_manager.filter(pk=OuterRef(field.attname))
        rows = field.model._default_manager.filter(**{f"{field.attname}__isnull": False})
        count = rows.filter(~Exists(target)).count()
        if count:
            found[f"{field.model._meta.label}.{field.name}"] = count
    return found
