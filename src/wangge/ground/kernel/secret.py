"""What is kept of a secret that somebody holds: of a link, a token, the key of a phone."""

from __future__ import annotations

import hashlib


def digest_of(secret: str) -> str:
    """Its SHA-256 in hexadecimal, by which it is found again. Fit for long random secrets, not for passwords."""
    return hashlib.sha256(secret.encode()).hexdigest()
