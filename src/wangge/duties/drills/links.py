"""The secret of a test's link: made from the installation's key, so that no row holds it; only its digest is kept."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from uuid import UUID

from django.utils.crypto import salted_hmac

SECRET_BYTES = 18  # 144 bits: short in a message, far beyond guessing


def secret_of(test_id: UUID | str) -> str:
    """The secret of a test's link. A message that waits to be sent names the test, and this is made as it goes."""
    made = salted_hmac("wangge.drills", str(test_id), algorithm="sha256").digest()
    return urlsafe_b64encode(made[:SECRET_BYTES]).decode()
