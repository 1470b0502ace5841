"""The end of a response: how long it takes, and what may be done at which point. Pure."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

# However late the approval comes, so long is left to call it off.
AFTER_APPROVAL = timedelta(days=1)
# When something stands in the way of a destruction that is due, it is tried again after this.
TRY_AGAIN_AFTER = timedelta(minutes=10)
LEAST_BASIS = 6


def due_on_approval(due_at: datetime, now: datetime) -> datetime:
    """When the keys are destroyed, if the ending is approved now."""
    return max(due_at, now + AFTER_APPROVAL)


def record_number(code: str) -> str:
    """The number of a destruction record: a response is destroyed once, so its code is enough."""
    return f"XH-{code}"


def digest_of(*facts: Any) -> str:
    """What the journal keeps of a record: a fingerprint of all that was settled before the keys went."""
    said = json.dumps(facts, sort_keys=True, default=_as_text)
    return hashlib.sha256(said.encode()).hexdigest()


def _as_text(fact: Any) -> str:
    return fact.astimezone(UTC).isoformat() if isinstance(fact, datetime) else str(fact)
