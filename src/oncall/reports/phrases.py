"""Writes numbers in words for every report: shares, lengths of time, targets."""

from __future__ import annotations

from datetime import timedelta

from oncall.reports.attainment import ClockCounts
from oncall.support.policy import Counting, Metric, Target
from oncall.support.wording import span

METRIC_WORDS = {
    Metric.FIRST_REPLY: "first reply",
    Metric.NEXT_REPLY: "next reply",
    Metric.PERIODIC_UPDATE: "periodic update",
}
NOTHING = "-"


def share(value: float | None) -> str:
    """Return a share (0 to 1) as `97.5 %`. Only 1 is shown as `100.0 %`; a share just below 1 is rounded down."""
    if value is None:
        return NOTHING
    if 0.9995 <= value < 1:
        return "99.9 %"
    return f"{value * 100:.1f} %"


def lasting(length: timedelta | None) -> str:
    """Return a length of time as `42 min`, `9 h 30 min` or `3 d 4 h`, to the minute, from two days on to the hour."""
    if length is None:
        return NOTHING
    if length < timedelta(minutes=1):
        return f"{round(length.total_seconds())} s"
    if length < timedelta(days=2):
        return span(timedelta(minutes=round(length / timedelta(minutes=1))))
    days, hours = divmod(round(length / timedelta(hours=1)), 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def brief(length: timedelta | None) -> str:
    """Return a length of time as `42 min`, `9:30 h` or `3 d 4 h`, for narrow columns."""
    if length is None or length < timedelta(hours=1) or length >= timedelta(days=2):
        return lasting(length)
    hours, minutes = divmod(round(length / timedelta(minutes=1)), 60)
    return f"{hours}:{minutes:02d} h"


def target_words(targets: tuple[Target, ...]) -> str:
    """Return targets in words, like `1 h` or `16 h of coverage`, in the order in which they were in force."""
    return ", then ".join(dict.fromkeys(map(_target, targets)))


def _target(target: Target) -> str:
    hours = target.within / timedelta(hours=1)
    # A day of covered time is no day, so covered time is always said in hours.
    words = f"{hours:g} h" if target.within >= timedelta(hours=1) else span(target.within)
    return f"{words} of coverage" if target.counting is Counting.COVERAGE else words


def counts_words(counts: ClockCounts) -> str:
    """Return counts in words, like `120 clocks: 110 met, 5 breached, 3 stopped, 2 running`."""
    clocks = "1 clock" if counts.total == 1 else f"{counts.total:,} clocks"
    return (
        f"{clocks}: {counts.met:,} met, {counts.breached:,} breached, {counts.stopped:,} stopped, "
        f"{counts.running:,} running"
    )
