"""Rows of a list between the look at it and their taking: they travel with the page, and only here can they be read.

So nothing of a list is kept here before somebody says so, and none of its names stands in a page's form, where a
browser might write it down. The rows are judged anew when they are taken.
"""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.utils.crypto import salted_hmac

from wangge.doors.desk.requests import DeskRequest
from wangge.ground.kernel.problems import UploadRefused

# The page between looking and taking may be left open over a lunch, not overnight.
OPEN_SECONDS = 4 * 3600


def sealed(rows: Any, purpose: str) -> str:
    """Rows as a word for a hidden field, which only `unsealed` of the same purpose reads."""
    told = zlib.compress(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode())
    return _cipher(purpose).encrypt(told).decode()


def unsealed(request: DeskRequest, purpose: str) -> Any:
    """The rows that came with a page. Raises UploadRefused when it was altered or left open too long."""
    try:
        told = _cipher(purpose).decrypt(request.POST.get("sent", "").encode(), ttl=OPEN_SECONDS)
    except InvalidToken:
        raise UploadRefused(
            why_zh="页面已过期，请重新上传", why_en="the page has expired; send the file again"
        ) from None
    return json.loads(zlib.decompress(told))


def _cipher(purpose: str) -> Fernet:
    key = salted_hmac("wangge.desk.carrying", purpose, algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(key))
