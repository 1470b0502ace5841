"""Addresses as QR codes, drawn in the page itself: nothing is sent to anybody or kept anywhere."""

from __future__ import annotations

import segno
from django.utils.safestring import SafeString, mark_safe


def code_of(address: str) -> SafeString:
    """An address as an inline SVG, black on white whatever the looks of the page, to be read from paper too."""
    # What comes out is squares; of the address itself nothing stands in it that could be markup.
    return mark_safe(segno.make(address, error="m").svg_inline(scale=5, dark="#000", light="#fff"))  # noqa: S308
