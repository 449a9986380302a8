"""Texts of the status page: times, and the uptime compared with the promised uptime."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from oncall.status.component_states import ComponentState
from oncall.status.status_events import StatusEventKind
from oncall.status.uptime import Tally, percent
from oncall.support.status_file import StatusPage
from oncall.support.wording import full_time

SYMBOLS = {
    ComponentState.OPERATIONAL: "✓",
    ComponentState.UNDER_MAINTENANCE: "⚒",
    ComponentState.DEGRADED: "▽",
    ComponentState.PARTIAL: "◐",
    ComponentState.MAJOR: "✕",
    ComponentState.NOT_MEASURED: "–",
}
"""A different symbol for each state, so that readers do not depend on colours."""
STEP_WORDS = {
    StatusEventKind.REMINDED: ("Reminder", "The maintenance begins soon."),
    StatusEventKind.BEGAN: ("In progress", "The maintenance has begun."),
    StatusEventKind.ENDED: ("Completed", "The maintenance is over."),
}
"""For each step of a maintenance: how the title of its entry begins, and the text of the entry."""


def both_times(at: datetime, zone: ZoneInfo) -> str:
    """Return a time in the page's zone and in UTC: `Mon 2027-03-01 10:00 EST (15:00 UTC)`."""
    utc = at.astimezone(UTC)
    same_day = at.astimezone(zone).date() == utc.date()
    return f"{full_time(at, zone)} ({utc:%H:%M UTC})" if same_day else f"{full_time(at, zone)} ({utc:%a %H:%M UTC})"


def uptime_sentence(tally: Tally, page: StatusPage) -> str:
    """Return a sentence with the uptime, the promised uptime, and the minutes of downtime allowed, used and left."""
    promise = f"{float(page.promise):g} %"
    if tally.sla is None:
        return f"Not measured; {promise} promised"
    allowed, used = minutes(tally.allowed(page.promise)), minutes_used(int(tally.down))
    measured = tally.measured * 1000 // tally.seconds / 10
    return (
        f"{percent(tally.sla)} % of {promise} promised · {used} of {allowed} min used · "
        f"{minutes_left(tally.left(page.promise))} · measured {measured:g} %{since_words(tally, page.zone)} · "
        f"strict {percent(tally.strict)} %"
    )


def since_words(tally: Tally, zone: ZoneInfo) -> str:
    """Return since when a window is measured, like ` since Sat 2027-01-09 02:58 EST`; empty if from its start."""
    if tally.since is None or not tally.seconds:
        return ""
    return f" since {full_time(datetime.fromtimestamp(tally.since, UTC), zone)}"


def minutes(seconds: int) -> str:
    """Return a number of seconds in minutes with one decimal, rounded down: `0.8` for 50. seconds: at least 0."""
    return _tenths(seconds * 10 // 60)


def minutes_used(seconds: int) -> str:
    """Return a number of seconds in minutes with one decimal, rounded up: `1.6` for 92. seconds: at least 0."""
    return _tenths(-(-seconds * 10 // 60))


def minutes_left(seconds: int) -> str:
    """Return the minutes left, rounded down, or the minutes over, rounded up: `0.8 min left`, `1.6 min over`.

    seconds: the seconds left; negative if more are used than allowed.
    """
    return f"{minutes(seconds)} min left" if seconds >= 0 else f"{minutes_used(-seconds)} min over"


def formula_sentence(page: StatusPage) -> str:
    """Return a sentence that says how the uptime is computed."""
    hours = page.notice.total_seconds() / 3600
    return (
        "Uptime is the share of the measured time in which the component was up. Maintenance does not count if it was "
        f"announced at least {hours:g} hours before its start. A major outage counts in full, a partial one by "
        f"{float(page.partial_weight):g}, and degraded performance not at all. The strict figure counts every outage "
        "and maintenance in full. Percentages are rounded down, as are the minutes allowed and left. The minutes used "
        "and over are rounded up."
    )


def _tenths(tenths: int) -> str:
    return f"{tenths // 10:,}.{tenths % 10}"
