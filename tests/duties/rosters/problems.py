"""Small roster problems: a station with posts in two shifts a day, and whatever hypothesis makes of one."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import strategies as some

from wangge.duties.rosters.rules.problem import DAY, Limits, Problem, Seat, Work, Worker

HOUR = 60
DAYTIME, NIGHT = (8 * HOUR, 20 * HOUR, False), (20 * HOUR, 32 * HOUR, True)


def seat(day: int, shift: tuple[int, int, bool] = DAYTIME, post: str = "东湖", **more: Any) -> Seat:
    """A seat of a shift on a day."""
    since, until, night = shift
    return Seat(Work(day * DAY + since, day * DAY + until, post, night), **more)


def station(
    people: int, posts: int, days: int = 7, shifts: tuple[Any, ...] = (DAYTIME, NIGHT), *, seed: int = 1, **more: Any
) -> Problem:
    """A police station with so many posts and people; some people away, some living together."""
    chance = random.Random(seed)
    names = [f"岗{number}" for number in range(posts)]
    seats = [
        seat(day, shift, name, rank=1 + shift[2], weekend=day % 7 > 4)
        for day in range(days)
        for shift in shifts
        for name in names
    ]
    workers = [
        Worker(
            home=names[number % posts],
            household=f"h{number // 2}" if number < 4 else "",
            away=((day * DAY, (day + 2) * DAY),) if (day := chance.randrange(days * 4)) < days else (),
        )
        for number in range(people)
    ]
    places = {name: (114.4 + chance.random() / 10, 23.1 + chance.random() / 10) for name in names}
    return Problem(tuple(seats), tuple(workers), days, places=places, **more)


works = some.builds(
    lambda start, hours, post, night: Work(start * HOUR, (start + hours) * HOUR, post, night),
    some.integers(-24, 6 * 24),
    some.integers(4, 24),
    some.sampled_from("甲乙丙"),
    some.booleans(),
)
seats = some.builds(
    Seat,
    works,
    rank=some.integers(1, 3),
    agency=some.sampled_from(["", "police", "health"]),
    skills=some.frozensets(some.sampled_from(["driver", "dialect"]), max_size=1),
    weekend=some.booleans(),
    holiday=some.booleans(),
    fixed=some.none() | some.integers(0, 3),
)
workers = some.builds(
    Worker,
    agency=some.sampled_from(["police", "health"]),
    skills=some.frozensets(some.sampled_from(["driver", "dialect"])),
    home=some.sampled_from("甲乙丙"),
    away=some.lists(some.tuples(some.integers(0, 5000), some.integers(5001, 9000)), max_size=1).map(tuple),
    other=some.lists(works, max_size=2).map(tuple),
    household=some.sampled_from(["", "h"]),
)
problems = some.builds(
    Problem,
    some.lists(seats, max_size=14).map(tuple),
    some.lists(workers, min_size=4, max_size=6).map(tuple),
    some.just(6),
    weekday=some.integers(0, 6),
    limits=some.builds(
        Limits, rest=some.integers(0, 14 * HOUR), week=some.integers(0, 70 * HOUR), week_nights=some.integers(0, 4)
    ),
    places=some.just({"甲": (114.0, 23.0), "乙": (114.9, 23.1), "丙": (114.0, 23.01)}),
    partners=some.lists(some.tuples(some.integers(0, 3), some.lists(works, max_size=3).map(tuple)), max_size=2).map(
        tuple
    ),
)
