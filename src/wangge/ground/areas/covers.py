"""Keeping the closure table `Cover` equal to what the tree says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from wangge.ground.areas.models import AreasVersion, Cover
from wangge.ground.areas.tree import bump, forget, read_tree

BATCH = 2000


@contextmanager
def areas_changing(*, covers: bool = True) -> Iterator[None]:
    """One change of areas: a transaction that waits its turn, then brings covers and snapshots up to date.

    `covers` False is for a change that leaves it as it is who lies below whom.
    """
    with transaction.atomic():
        AreasVersion.objects.bulk_create([AreasVersion(id=1)], ignore_conflicts=True)
        bump()  # the update holds the row until commit, so changes of areas go one after the other
        yield
        if covers:
            covers_refresh()
        forget()


def covers_refresh() -> None:
    """Write the difference between the covers that stand and those that the tree asks for."""
    tree = read_tree()
    wanted = {(upper, area, depth) for area in tree for upper, depth in tree.superiors(area).items()}
    standing = {
        (upper, area, depth): row
        for row, upper, area, depth in Cover.objects.values_list("id", "ancestor_id", "area_id", "depth").iterator()
    }
    gone = [row for cover, row in standing.items() if cover not in wanted]
    if gone and len(gone) == len(standing):
        Cover.objects.all().delete()
    else:
        for start in range(0, len(gone), 500):
            Cover.objects.filter(id__in=gone[start : start + 500]).delete()
    missing = [Cover(ancestor_id=u, area_id=a, depth=d) for u, a, d in sorted(wanted - standing.keys())]
    Cover.objects.bulk_create(missing, batch_size=BATCH)
