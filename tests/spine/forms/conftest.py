"""A form of the small city, published by somebody who may."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from tests.conftest import City
from tests.spine.forms.sheets import xlsform
from wangge.ground.kernel.permission import system_actor
from wangge.spine.forms.models import FormVersion
from wangge.spine.forms.queries import forms
from wangge.spine.forms.services.publishing import form_publish

KEEPER = system_actor("test", "form.publish")


@pytest.fixture(autouse=True)
def fresh_memory() -> Iterator[None]:
    """What the process remembers of versions must not outlive a test's database."""
    forms.forget()
    yield
    forms.forget()


@pytest.fixture
def visit_form(city: City, now: datetime) -> FormVersion:
    """The form `visit`, published."""
    return form_publish(
        actor=KEEPER, response_id=city.response_id, file_name="visit.xlsx", content=xlsform(), now=now
    ).version
