"""Sealed files as pages hand them out."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse

from wangge.ground.kernel.permission import Actor
from wangge.ground.responses import evidence
from wangge.ground.responses.media import DRAWN


def sealed_file(actor: Actor, area_id: UUID, evidence_id: UUID, size: str) -> HttpResponse:
    """A file, `size` "small" or whole: a picture drawn anew, without place and phone; anything else to be kept."""
    opened = evidence.thumbnail if size == "small" else evidence.open_bytes
    kind, content = opened(actor=actor, area_id=area_id, evidence_id=evidence_id)
    answer = HttpResponse(content, content_type=kind)
    answer["X-Content-Type-Options"] = "nosniff"
    if kind not in DRAWN:
        answer["Content-Disposition"] = f'attachment; filename="{evidence_id}.bin"'
    return answer
