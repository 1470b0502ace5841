"""Who knocks, and how long they wait after wrong passwords: pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

FREE_TRIES = 5
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=1)


def wait_after(wrong: int) -> timedelta:
    """The wait that so many wrong tries in a row earn: none up to four, then 1, 2, 4, … up to 15 minutes."""
    if wrong < FREE_TRIES:
        return timedelta()
    return min(timedelta(minutes=2 ** min(wrong - FREE_TRIES, 10)), LONGEST_WAIT)


def waits_for(wrong: int, last_at: datetime, now: datetime) -> timedelta:
    """How long from now the next try must wait; nothing once the tries are forgotten."""
    if now - last_at >= FORGOTTEN_AFTER:
        return timedelta()
    return max(last_at + wait_after(wrong) - now, timedelta())


def client_address(peer: str, forwarded: str, trusted: Collection[IPv4Network | IPv6Network]) -> str:
    """Whose call it is: the peer, or, where that is a trusted proxy, the first from the right that is none.

    `forwarded` is the header X-Forwarded-For, in which every proxy adds on the right whom it heard; what stands
    further left anybody may have written. Of an IPv6 address the network counts, because one subscriber has all
    of a /64.
    """
    address = _read(peer)
    hops = forwarded.split(",") if forwarded else []
    while address is not None and hops and any(address in network for network in trusted):
        before = _read(hops.pop())
        if before is None:
            break
        address = before
    if address is None:
        return peer
    return str(ip_network((address, 64), strict=False)) if isinstance(address, IPv6Address) else str(address)


def _read(text: str) -> IPv4Address | IPv6Address | None:
    """An address as proxies write it, with or without a port; None where it is none."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
