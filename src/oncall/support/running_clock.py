"""One SLA clock that changes with the events of its ticket: it counts, pauses, gets another target, and ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from oncall.support.clock_values import CarriedClock, PolicyTerms, SlaClock
from oncall.support.coverage import counted, deadline, next_covered
from oncall.support.policy import Metric, Promise, Target


@dataclass(slots=True, eq=False)
class RunningClock:
    """An SLA clock that changes with each event. A stretch is the time from a start or resumption to the next pause.

    Times are aware UTC. spans: (start, pause) of each earlier stretch. asked_from: the start of the current stretch;
    None while paused. In a stretch, time counts from the first covered instant on. promised_at: when the current
    promise took effect; a breach cannot be earlier. counted_from: when the current stretch began to count, under its
    current promise or an earlier one; None if that is not known.
    """

    metric: Metric
    plan: str
    since: datetime
    terms: PolicyTerms
    impact: str
    promise: Promise
    promised_at: datetime = field(init=False)
    started_at: datetime = field(init=False)
    asked_from: datetime | None = field(init=False)
    counted_from: datetime | None = None
    spans: tuple[tuple[datetime, datetime], ...] = ()
    due_at: datetime | None = None
    breached_at: datetime | None = None
    ended: SlaClock | None = None
    _warns: tuple[datetime | None] | None = field(default=None, init=False)
    """When the warning is due, in a tuple. None until it is computed for the current promise and stretches."""

    def __post_init__(self) -> None:
        self.promised_at = self.asked_from = self.since
        self._compute()

    @classmethod
    def taken_over(cls, carried: CarriedClock) -> RunningClock:
        """Return a duplicate's clock as a clock of the ticket that continues it. It is not due later than before."""
        clock = cls(carried.metric, carried.plan, carried.since, carried.terms, carried.impact, carried.promise)
        clock.promised_at, clock.asked_from = carried.promised_at, carried.asked_from
        clock.counted_from, clock.spans, clock.breached_at = carried.counted_from, carried.spans, carried.breached_at
        clock._compute()
        return clock

    def carried(self) -> CarriedClock:
        """Return the values that another ticket needs to continue this clock."""
        return CarriedClock(
            metric=self.metric,
            plan=self.plan,
            impact=self.impact,
            since=self.since,
            terms=self.terms,
            promised_at=self.promised_at,
            asked_from=self.asked_from,
            counted_from=self.counted_from,
            spans=self.spans,
            breached_at=self.breached_at,
        )

    def change_promise(self, terms: PolicyTerms, impact: str, promise: Promise, at: datetime) -> None:
        """Continue the clock under another promise: from its own start, or from `at` if its coverage had not begun.

        Time that has counted still counts, even if the coverage of a promise in between had not begun.
        """
        self.note_breach(at)
        self.spans = tuple((begin, end) for start, end in self.spans if (begin := self._begin(start)) < end)
        if self.asked_from is not None:
            begin = self._begin(self.asked_from)
            if begin < at:
                self.counted_from = min(begin, self.counted_from or begin)
            self.asked_from = self.counted_from or min(begin, at)
        self.terms, self.impact, self.promise, self.promised_at = terms, impact, promise, at
        self._compute()

    def pause(self, at: datetime) -> None:
        """Stop counting until `resume`. A stretch that had not begun to count is dropped."""
        if self.asked_from is None:
            return
        self.note_breach(at)
        if self._begin(self.asked_from) < at:
            self.spans = (*self.spans, (self.asked_from, at))
        self.asked_from = self.counted_from = None
        self._compute()

    def resume(self, at: datetime) -> None:
        """Continue to count after a pause."""
        if self.asked_from is None:
            self.asked_from = at
            self._compute()

    def meet(self, at: datetime) -> None:
        """End the clock because a reply or an update came."""
        self.note_breach(at)
        self.ended = self._as_clock(breached_at=self.breached_at, met_at=at)

    def stop(self, at: datetime) -> None:
        """End the clock because the ticket was resolved."""
        self.note_breach(at)
        self.ended = self._as_clock(breached_at=self.breached_at, stopped_at=at)

    def move(self, at: datetime) -> None:
        """End the clock because the ticket was merged; it continues on the other ticket."""
        self.note_breach(at)
        self.ended = self._as_clock(breached_at=self.breached_at, stopped_at=at, is_moved=True)

    def note_breach(self, at: datetime) -> None:
        """Record a breach if the target was used up before `at`. An event at the exact due time is in time."""
        breaks_at = self._breaks_at()
        if self.breached_at is None and breaks_at is not None and breaks_at < at:
            self.breached_at = breaks_at

    def shown(self, now: datetime) -> SlaClock:
        """Return the clock as of `now` (aware UTC). Call it after all events up to `now` were applied."""
        breaks_at, breached_at = self._breaks_at(), self.breached_at
        if breached_at is None and breaks_at is not None and breaks_at <= now:
            # Do not keep it: an event at this very instant would still be in time.
            breached_at = breaks_at
        if self._warns is None:
            is_counting = self.asked_from is not None
            self._warns = (self._used_up(self.terms.policy.escalation.warn_share) if is_counting else None,)
        return self._as_clock(warn_at=self._warns[0], breached_at=breached_at)

    def _as_clock(
        self,
        *,
        breached_at: datetime | None,
        warn_at: datetime | None = None,
        met_at: datetime | None = None,
        stopped_at: datetime | None = None,
        is_moved: bool = False,
    ) -> SlaClock:
        return SlaClock(
            metric=self.metric,
            plan=self.plan,
            impact=self.impact,
            target=self.promise.targets[self.metric],
            coverage=self.promise.coverage,
            since=self.since,
            started_at=self.started_at,
            due_at=self.due_at,
            warn_at=warn_at,
            met_at=met_at,
            stopped_at=stopped_at,
            is_moved=is_moved,
            breached_at=breached_at,
            is_paused=self.asked_from is None,
            policy_version=self.terms.version,
        )

    def _breaks_at(self) -> datetime | None:
        return None if self.due_at is None else max(self.due_at, self.promised_at)

    def _begin(self, asked_from: datetime) -> datetime:
        return next_covered(self.promise.coverage, self.terms.calendar, asked_from)

    def _compute(self) -> None:
        self._warns = None
        if self.asked_from is not None and not self.spans:
            # The usual case: one stretch and no pause.
            self.started_at = self._begin(self.asked_from)
            target, coverage = self.promise.targets[self.metric], self.promise.coverage
            self.due_at = deadline(target, coverage, self.terms.calendar, self.started_at)
            return
        first = self.spans[0][0] if self.spans else self.asked_from
        self.started_at = self.since if first is None else self._begin(first)
        self.due_at = self._used_up(1.0)

    def _used_up(self, share: float) -> datetime | None:
        """Return when this share (0 to 1) of the target is used up; None if the clock is paused before that."""
        coverage, calendar = self.promise.coverage, self.terms.calendar
        counting, left = (target := self.promise.targets[self.metric]).counting, target.within
        if share != 1.0:
            left *= share
        if self.asked_from is not None and not self.spans:
            return deadline(Target(left, counting), coverage, calendar, self.started_at)
        for start, end in self.spans:
            begin = self._begin(start)
            used = counted(target, coverage, calendar, begin, end)
            if left <= used:
                return deadline(Target(left, counting), coverage, calendar, begin)
            left -= used
        if self.asked_from is None:
            return None
        return deadline(Target(left, counting), coverage, calendar, self._begin(self.asked_from))
