"""The five days of the week that 24x5 coverage includes, and their names. Monday is 0."""

from __future__ import annotations

from collections.abc import Sequence

DAYS_OF_WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONDAY_TO_FRIDAY = (0, 1, 2, 3, 4)


def runs_of_days(days: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Return the stretches of consecutive days, each as (first day, day after the last), in the order of the week.

    A stretch that continues from Sunday to Monday is not cut: Sunday to Thursday is (6, 11). `days`: at most six.
    """
    starts = sorted(day for day in days if (day - 1) % 7 not in days)
    return tuple((start, start + _length(start, days)) for start in starts)


def _length(start: int, days: Sequence[int]) -> int:
    return next(length for length in range(1, 8) if (start + length) % 7 not in days)


def whole_days_words(days: Sequence[int]) -> str:
    """Return the days in words, like `Monday 00:00 to Friday 24:00`."""
    return " and ".join(
        f"{DAYS_OF_WEEK[first]} 00:00 to {DAYS_OF_WEEK[(end - 1) % 7]} 24:00" for first, end in runs_of_days(days)
    )


def days_in_yaml(days: Sequence[int]) -> str:
    """Return the days as YAML: `mon-fri`, or `[mon, tue, wed, fri, sat]` if they are not one stretch."""
    names = [name[:3].lower() for name in DAYS_OF_WEEK]
    runs = runs_of_days(days)
    if len(runs) == 1:
        return f"{names[runs[0][0]]}-{names[(runs[0][1] - 1) % 7]}"
    return f"[{', '.join(names[day] for day in sorted(days))}]"
