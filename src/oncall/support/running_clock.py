"""One SLA clock while its ticket's events go by: counting, paused, put under another promise, ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from oncall.support.clock_values import CarriedClock, PolicyTerms, SlaClock
from oncall.support.coverage import counted, deadline, next_covered
from oncall.support.policy import Metric, Promise, Target


@dataclass(slots=True, eq=False)
class RunningClock:
    """A clock while the fold goes on.

    spans: the stretches in which it ran before a pause, from when it was asked to count and to the pause. asked_from:
    the same for the stretch that goes on; None while it is paused. A stretch counts from the first instant at which the
    promise holds. promised_at: when the promise was made that holds now; it cannot be broken before.
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

    def __post_init__(self) -> None:
        self.promised_at = self.asked_from = self.since
        self._reckon()

    @classmethod
    def taken_over(cls, carried: CarriedClock) -> RunningClock:
        """The clock of a duplicate, as it ran there: a promise made to a customer does not get later by merging."""
        clock = cls(carried.metric, carried.plan, carried.since, carried.terms, carried.impact, carried.promise)
        clock.promised_at, clock.asked_from = carried.promised_at, carried.asked_from
        clock.counted_from, clock.spans, clock.breached_at = carried.counted_from, carried.spans, carried.breached_at
        clock._reckon()
        return clock

    def carried(self) -> CarriedClock:
        """All that another ticket needs to let it run on."""
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

    def promise_anew(self, terms: PolicyTerms, impact: str, promise: Promise, at: datetime) -> None:
        """Go on under another promise from the clock's own start, or from now when its coverage was still to come.

        What once counted stays: a promise in between whose coverage was still to come does not forgive it.
        """
        self.note_breach(at)
        self.spans = tuple((begin, end) for start, end in self.spans if (begin := self._begin(start)) < end)
        if self.asked_from is not None:
            begin = self._begin(self.asked_from)
            if begin < at:
                self.counted_from = min(begin, self.counted_from or begin)
            self.asked_from = self.counted_from or min(begin, at)
        self.terms, self.impact, self.promise, self.promised_at = terms, impact, promise, at
        self._reckon()

    def pause(self, at: datetime) -> None:
        """Stop counting; a stretch that had not begun to count is none."""
        if self.asked_from is None:
            return
        self.note_breach(at)
        if self._begin(self.asked_from) < at:
            self.spans = (*self.spans, (self.asked_from, at))
        self.asked_from = self.counted_from = None
        self._reckon()

    def resume(self, at: datetime) -> None:
        """Count on."""
        if self.asked_from is None:
            self.asked_from = at
            self._reckon()

    def meet(self, at: datetime) -> None:
        """A reply or an update came: nothing is owed any more."""
        self.note_breach(at)
        self.ended = self._as_clock(met_at=at)

    def stop(self, at: datetime) -> None:
        """The ticket is over: nothing is owed any more."""
        self.note_breach(at)
        self.ended = self._as_clock(stopped_at=at)

    def move(self, at: datetime) -> None:
        """The ticket is a duplicate: what is owed is owed by the ticket that goes on."""
        self.note_breach(at)
        self.ended = self._as_clock(stopped_at=at, is_moved=True)

    def note_breach(self, at: datetime) -> None:
        """Fix the breach when the target was used up before `at`: what happens at its very instant is in time."""
        breaks_at = self._breaks_at()
        if self.breached_at is None and breaks_at is not None and breaks_at < at:
            self.breached_at = breaks_at

    def shown(self, now: datetime) -> SlaClock:
        """As it stands at `now`, when everything that happened up to then is known."""
        breaks_at = self._breaks_at()
        if self.breached_at is None and breaks_at is not None and breaks_at <= now:
            self.breached_at = breaks_at
        warn_at = self._used_up(self.terms.policy.escalation.warn_share) if self.asked_from is not None else None
        return self._as_clock(warn_at=warn_at)

    def _as_clock(
        self,
        *,
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
            breached_at=self.breached_at,
            is_paused=self.asked_from is None,
            policy_version=self.terms.version,
        )

    def _breaks_at(self) -> datetime | None:
        return None if self.due_at is None else max(self.due_at, self.promised_at)

    def _begin(self, asked_from: datetime) -> datetime:
        return next_covered(self.promise.coverage, self.terms.calendar, asked_from)

    def _reckon(self) -> None:
        if self.asked_from is not None and not self.spans:
            # As nearly every clock: one stretch that goes on.
            self.started_at = self._begin(self.asked_from)
            target, coverage = self.promise.targets[self.metric], self.promise.coverage
            self.due_at = deadline(target, coverage, self.terms.calendar, self.started_at)
            return
        first = self.spans[0][0] if self.spans else self.asked_from
        self.started_at = self.since if first is None else self._begin(first)
        self.due_at = self._used_up(1.0)

    def _used_up(self, share: float) -> datetime | None:
        """When this share of the target is used up; None when the clock is paused before that."""
        coverage, calendar = self.promise.coverage, self.terms.calendar
        counting, left = (target := self.promise.targets[self.metric]).counting, target.within
        if share != 1.0:
            left *= share
        for start, end in self.spans:
            begin = self._begin(start)
            used = counted(target, coverage, calendar, begin, end)
            if left <= used:
                return deadline(Target(left, counting), coverage, calendar, begin)
            left -= used
        if self.asked_from is None:
            return None
        return deadline(Target(left, counting), coverage, calendar, self._begin(self.asked_from))
