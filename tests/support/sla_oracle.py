"""An oracle for verdicts and clocks that counts single minutes and uses no code of the product.

Time is whole minutes since the scene began. A rule book is plain numbers; coverage is a row of bytes, one for each
minute.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

METRICS = ("first_reply", "next_reply", "periodic_update")


@dataclass(frozen=True)
class Hours:
    """Business hours: from `opens` until `closes` (minutes of the day, the last one outside) on `days`, no holidays."""

    days: tuple[int, ...]
    opens: int
    closes: int
    holidays: frozenset[date]


@dataclass(frozen=True)
class Rule:
    """The targets of one plan and impact: the coverage and, for each metric, the minutes and whether only covered ones
    count."""

    coverage: str
    pages: bool
    pauses: bool
    targets: dict[str, tuple[int, bool]]


@dataclass
class Book:
    """One version of the policy: a rule for each impact of the plan `std` and of a second plan, and the minutes of each
    coverage."""

    rules: dict[str, Rule]
    rows: dict[str, bytearray]
    other_rules: dict[str, Rule] = field(default_factory=dict)

    def rule(self, plan: str, impact: str) -> Rule:
        return (self.rules if plan == "std" else self.other_rules)[impact]


def readings(zone: ZoneInfo, start: datetime, minutes: int) -> list[datetime]:
    """Return, for each minute, the latest time that the wall clock has shown so far, because a clock that is set back
    repeats times."""
    warm_up = 2 * 1440
    latest = (start - timedelta(days=4)).replace(tzinfo=None)
    shown = []
    for number in range(-warm_up, minutes):
        latest = max(latest, (start + timedelta(minutes=number)).astimezone(zone).replace(tzinfo=None))
        if number >= 0:
            shown.append(latest)
    return shown


def rows_of(hours: Hours, shown: list[datetime]) -> dict[str, bytearray]:
    """Return the covered minutes of each coverage."""
    business = bytearray(
        when.weekday() in hours.days
        and hours.opens <= when.hour * 60 + when.minute < hours.closes
        and when.date() not in hours.holidays
        for when in shown
    )
    return {
        "24x7": bytearray(b"\1") * len(shown),
        "24x5": bytearray(when.weekday() < 5 for when in shown),
        "business": business,
    }


def first_covered(row: bytearray, minute: int) -> int:
    """Return the first covered minute from there on."""
    while not row[minute]:
        minute += 1
    return minute


@dataclass
class Clock:
    """One clock, as numbers.

    stretches: when it counted, from and until (None: still running).
    earliest: the first minute at which the running stretch counted under any target that has changed since.
    """

    metric: str
    since: int
    book: Book
    impact: str
    promised: int
    stretches: list[list[int | None]] = field(default_factory=list)
    breached: int | None = None
    met: int | None = None
    stopped: int | None = None
    earliest: int | None = None
    plan: str = "std"
    is_moved: bool = False

    @property
    def rule(self) -> Rule:
        return self.book.rule(self.plan, self.impact)

    def begun(self, asked: int) -> int:
        return first_covered(self.book.rows[self.rule.coverage], asked)

    def used_up(self, minutes: int) -> int | None:
        """Return the instant at which this many minutes have been counted; None when the clock pauses before."""
        row, only_covered = self.book.rows[self.rule.coverage], self.rule.targets[self.metric][1]
        left = minutes
        for asked, end in self.stretches:
            assert asked is not None
            has_begun = False
            minute = asked
            while end is None or minute < end:
                has_begun = has_begun or bool(row[minute])
                if has_begun and (row[minute] or not only_covered):
                    left -= 1
                    if left == 0:
                        return minute + 1
                minute += 1
        return None

    def due(self) -> int | None:
        return self.used_up(self.rule.targets[self.metric][0])

    def warn(self) -> int | None:
        return self.used_up(self.rule.targets[self.metric][0] * 3 // 4)

    def started(self) -> int:
        first = self.stretches[0][0] if self.stretches else None
        return self.since if first is None else self.begun(first)

    def look(self, at: int) -> None:
        """What is known just before `at`: a breach of an earlier instant is one."""
        due = self.due()
        if self.breached is None and due is not None and max(due, self.promised) < at:
            self.breached = max(due, self.promised)

    def is_paused(self) -> bool:
        return not self.stretches or self.stretches[-1][1] is not None

    def pause(self, at: int) -> None:
        if self.is_paused():
            return
        self.look(at)
        asked = self.stretches[-1][0]
        self.earliest = None
        assert asked is not None
        if self.begun(asked) < at:
            self.stretches[-1][1] = at
        else:
            self.stretches.pop()

    def resume(self, at: int) -> None:
        if self.is_paused():
            self.stretches.append([at, None])

    def promise(self, book: Book, impact: str, at: int) -> None:
        """Apply a new target, counted again from the clock's start."""
        self.look(at)
        kept: list[list[int | None]] = []
        for asked, end in self.stretches:
            assert asked is not None
            begun = self.begun(asked)
            if end is None:
                if begun < at:
                    self.earliest = begun if self.earliest is None else min(begun, self.earliest)
                kept.append([min(begun, at) if self.earliest is None else self.earliest, None])
            elif begun < end:
                kept.append([begun, end])
        self.stretches = kept
        self.book, self.impact, self.promised = book, impact, at


@dataclass(frozen=True)
class Said:
    """One event: its time and kind and, for some kinds, the impact and the rule book in force."""

    at: int
    kind: str
    impact: str | None = None
    book: int | None = None
    id: str | None = None
    plan: str = "std"
    duplicate: tuple[Said, ...] = ()


class Oracle:
    """Takes events in any order and returns the clocks."""

    def __init__(self, books: list[Book], events: list[Said], now: int) -> None:
        self._books, self._now = books, now
        self.clocks: list[Clock] = []
        self._is_waiting = self._is_resolved = self._is_merged = False
        self._told: list[int] = []
        self._unanswered: list[int] = []
        self._ended: list[Clock] = []
        self._resolved: int | None = None
        opening = events[0]
        assert opening.impact is not None and opening.book is not None
        self._plan = opening.plan
        self._impact, self._book = opening.impact, books[opening.book]
        self._start("first_reply", opening.at)
        seen: set[str] = set()
        kept: list[Said] = []
        for event in events[1:]:
            if event.id is None or event.id not in seen:
                kept.append(event)
            if event.id is not None:
                seen.add(event.id)
        for at in range(opening.at, now + 1):
            for event in kept:
                if max(event.at, opening.at) == at:
                    self._happen(event, at)

    def look(self) -> Oracle:
        """See which promises are broken by now."""
        for clock in self.open():
            clock.look(self._now + 1)
        return self

    def open(self) -> list[Clock]:
        return [clock for clock in self.clocks if clock.met is None and clock.stopped is None]

    def _start(self, metric: str, at: int) -> None:
        self.clocks.append(Clock(metric, at, self._book, self._impact, at, [[at, None]], plan=self._plan))

    def _happen(self, event: Said, at: int) -> None:
        if self._is_merged:
            return
        if event.kind in ("impact_changed", "judged"):
            self._agree(event)
            for clock in self.open():
                clock.promise(self._book, self._impact, at)
            self._settle_pause(at)
        elif event.kind == "merged":
            for clock in self.open():
                clock.is_moved = True
            self._stop(at)
            self._is_merged = True
        elif event.kind == "reopened":
            if self._is_resolved:
                self._is_resolved = False
                self._agree(event)
                self._start("first_reply", at)
        elif self._is_resolved:
            self._happen_at_the_end(event.kind, at)
        elif event.kind == "absorbed":
            other = Oracle(self._books, list(event.duplicate), at)
            self._absorb(other.open(), other._unanswered, at)
        else:
            self._talk(event.kind, at)

    def _happen_at_the_end(self, kind: str, at: int) -> None:
        """Apply a reply of the resolution's minute that the log records after the resolution."""
        if kind not in ("replied", "updated") or at != self._resolved:
            return
        for clock in self._ended:
            clock.stopped = None
        self._talk(kind, at)
        self._stop(at)

    def _absorb(self, owed: list[Clock], unanswered: list[int], at: int) -> None:
        """Merge the two conversations: a reply on this ticket also answers the other one."""
        for clock in owed:
            self.clocks.append(clock)
            clock.look(at)
            later = [minute for minute in self._told if minute >= clock.since]
            if later:
                clock.met = min(later)
        written = [minute for minute in unanswered if not self._told or max(self._told) < minute] if owed else []
        self._unanswered += written
        if written and not {clock.metric for clock in self.open()} & {"first_reply", "next_reply"}:
            self._start("next_reply", min(written))
        self._settle_pause(at)

    def _talk(self, kind: str, at: int) -> None:
        running = {clock.metric for clock in self.open()}
        if kind in ("replied", "updated"):
            for clock in self.open():
                clock.look(at)
                clock.met = at
            self._told.append(at)
            self._unanswered = []
            self._start("periodic_update", at)
        elif kind == "customer_replied":
            self._is_waiting = False
            self._unanswered.append(at)
            if not running & {"first_reply", "next_reply"}:
                self._start("next_reply", at)
        elif kind == "waiting":
            self._is_waiting = True
        else:
            self._stop(at)
        self._settle_pause(at)

    def _stop(self, at: int) -> None:
        self._ended, self._resolved = self.open(), at
        for clock in self._ended:
            clock.look(at)
            clock.stopped = at
        self._unanswered = []
        self._is_resolved, self._is_waiting = True, False

    def _agree(self, event: Said) -> None:
        self._impact = event.impact or self._impact
        if event.book is not None:
            self._book = self._books[event.book]

    def _settle_pause(self, at: int) -> None:
        for clock in self.open():
            if clock.metric == "periodic_update":
                if self._is_waiting and self._book.rules[self._impact].pauses:
                    clock.pause(at)
                else:
                    clock.resume(at)


def utc(start: datetime, minute: int | None) -> datetime | None:
    """Return the instant of a minute."""
    return None if minute is None else (start + timedelta(minutes=minute)).astimezone(UTC)
