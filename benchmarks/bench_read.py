"""How fast and how well messages are read, against a bare scan of the same text with one regular expression.

    python -m benchmarks.bench_read

Reads the messages of the tests by the pack's areas, no database. Times are CPU time a message, the best
of several rounds; the bare scan looks for the same villages' names as an alternation of one pattern. The
limit is 50 ms a message. Below it stand precision and recall for each field, on the messages the reader
was tuned on and on those it was not.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import django

LIMIT_MS = 50
ROUNDS = 5
LONGEST = 10_000


def milliseconds(work: Callable[[], object]) -> float:
    """CPU time of the best of several rounds: the others measure what else the machine was doing."""
    best = float("inf")
    for _ in range(ROUNDS):
        begun = time.process_time()
        work()
        best = min(best, time.process_time() - begun)
    return best * 1000


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "wangge.settings"
    os.environ["WANGGE_DATA"] = tempfile.mkdtemp(prefix="wangge-read-")
    django.setup()
    from tests.duties.matters.reading.scoring import messages, score  # noqa: PLC0415 - models exist only after setup
    from wangge.duties.matters.reading.making import dictionaries_in  # noqa: PLC0415
    from wangge.duties.matters.reading.reader import read  # noqa: PLC0415
    from wangge.ground.kernel.clock import parse_instant  # noqa: PLC0415
    from wangge.ground.responses.packs.loading import load_pack  # noqa: PLC0415

    folder = Path(__file__).resolve().parent.parent / "packs" / "huizhou-2020"
    pack = load_pack(folder)
    begun = time.process_time()
    dictionaries = dictionaries_in(folder, pack)
    print(f"dictionaries made in       {(time.process_time() - begun) * 1000:>9.0f} ms, once")

    at = parse_instant("2020-02-05T20:00:00+08:00")
    texts = [message["text"] for name in ("tuning", "held_out") for message in messages(name)]
    villages = sorted((p.name for p in dictionaries.gazetteer.places.values()), key=len, reverse=True)
    bare = re.compile("|".join(map(re.escape, villages)))
    joined = "\n".join(texts)
    cases = {
        "an ordinary message": texts,
        "one of 10,000 characters": [(joined * (LONGEST // len(joined) + 1))[:LONGEST]],
        "10,000 characters of prose": [("村里今天没有什么事情，大家都在家里休息，请放心。" * LONGEST)[:LONGEST]],
    }
    for name, several in cases.items():
        ours = milliseconds(lambda several=several: [read(text, at, dictionaries) for text in several]) / len(several)
        scan = milliseconds(lambda several=several: [bare.findall(text) for text in several]) / len(several)
        print(f"{name:<27}{ours:>9.2f} ms, of the limit {ours / LIMIT_MS:.0%}; ratio to a bare scan {ours / scan:.1f}")
    slowest = max(milliseconds(lambda text=text: read(text, at, dictionaries)) for text in texts)
    print(f"slowest of {len(texts)} messages   {slowest:>9.2f} ms; of the limit {slowest / LIMIT_MS:.0%}")
    for name in ("tuning", "held_out"):
        print(f"\n{name}: {len(messages(name))} messages", *score(name, dictionaries).lines(), sep="\n")


if __name__ == "__main__":
    sys.exit(main())
