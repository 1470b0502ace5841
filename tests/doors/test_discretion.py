"""The log names what was refused, but not the secret that somebody held in hand."""

from __future__ import annotations

import io
import logging

import pytest
from django.test import Client

from wangge.doors.discretion import Discreet

SECRET = "kq7Zb2Xw9LmPf4TtR8vNcY3d"


@pytest.mark.django_db
@pytest.mark.parametrize("door", ["c", "l", "d"])
def test_a_link_that_was_refused_is_not_named_whole(client: Client, door: str) -> None:
    [handler] = [one for one in logging.getLogger().handlers if any(isinstance(each, Discreet) for each in one.filters)]
    assert isinstance(handler, logging.StreamHandler)
    written = io.StringIO()
    before = handler.setStream(written)
    try:
        assert client.get(f"/{door}/{SECRET}").status_code >= 400
    finally:
        handler.setStream(before)
    assert f"/{door}/…" in written.getvalue()
    assert SECRET not in written.getvalue()
