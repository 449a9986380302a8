"""Incidents that a machine proposes. A person publishes a proposal, or it becomes public by itself.

It does so when its time is up and its component is still down.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from oncall.status.component_states import ComponentState, IncidentState
from oncall.status.incidents import Incident, Maintenance, StateSpan, Update, corrections_of, groups_of, updates_of
from oncall.status.observations import Seen, Spell, known_at, observations_of, spells_of
from oncall.status.status_events import StatusEvent, StatusEventKind


class ProposalState(StrEnum):
    """The state of a proposed incident."""

    PROPOSED = "proposed"
    RECOVERED = "recovered"
    """The component was up again before the incident became public."""
    DISMISSED = "dismissed"
    PUBLISHED = "published"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed incident. Times are aware UTC.

    started_at: since when the component is down. due_at: when the proposal becomes public by itself if the component is
    still down; None: only a person publishes it. recovered_at: when the component was up again. incident: as the status
    page shows it; None while it is not public. reason: why a person dismissed it.
    """

    id: str
    component: str
    title: str
    by: str
    started_at: datetime
    due_at: datetime | None
    recovered_at: datetime | None
    incident: Incident | None
    dismissed_by: str | None = None
    reason: str = ""

    @property
    def state(self) -> ProposalState:
        """Return the present state of the proposal."""
        if self.incident is not None:
            return ProposalState.PUBLISHED
        if self.dismissed_by is not None:
            return ProposalState.DISMISSED
        return ProposalState.RECOVERED if self.recovered_at is not None else ProposalState.PROPOSED


@dataclass(frozen=True, slots=True)
class Hindrance:
    """A span in which a component's proposals do not become public by themselves.

    The reason is an open incident or maintenance that a person wrote. end: None while it lasts.
    """

    component: str
    start: datetime
    end: datetime | None

    def covers(self, at: datetime) -> bool:
        """Return True if the instant (aware UTC) is in the span."""
        return self.start <= at and (self.end is None or at < self.end)


def hindrances_of(incidents: Iterable[Incident], maintenances: Iterable[Maintenance]) -> list[Hindrance]:
    """Return the hindrances that incidents and maintenances cause, one for each component and span."""
    found = [
        Hindrance(component, each.updates[0].written_at, each.updates[-1].written_at if each.state.is_over else None)
        for each in incidents
        for component in each.components
    ]
    return found + [
        Hindrance(component, max(span.start, each.plans[0].written_at), span.end)
        for each in maintenances
        for component in each.components
        for span in each.spans()
    ]


def proposals_of(
    events: Sequence[StatusEvent], words: Sequence[StatusEvent], hindrances: Sequence[Hindrance], now: datetime
) -> list[Proposal]:
    """Return the proposals in a log as of `now`, the one with the newest start first. words: all observations."""
    found = [
        _Fold(group, words, hindrances, now).proposal()
        for group in groups_of(events)
        if group[0].kind is StatusEventKind.PROPOSED
    ]
    return sorted(found, key=lambda each: (each.started_at, each.id), reverse=True)


class _Fold:
    """Computes a proposal from its events."""

    def __init__(
        self,
        group: Sequence[StatusEvent],
        words: Sequence[StatusEvent],
        hindrances: Sequence[Hindrance],
        now: datetime,
    ) -> None:
        self._first, self._later, self._now = group[0], group[1:], now
        self._component = next(iter(self._first.components))
        self._words = observations_of(self._component, words)
        self._hindrances = [each for each in hindrances if each.component == self._component]
        self._spells = spells_of(self._words)

    def proposal(self) -> Proposal:
        first, dismissed = self._first, self._event(StatusEventKind.DISMISSED)
        recovery = _recovery(self._spells, first.at)
        public_from = self._public_from()
        return Proposal(
            first.subject,
            self._component,
            first.title,
            first.by,
            first.at,
            first.end,
            recovery.start if recovery is not None else None,
            self._incident(public_from, recovery) if public_from is not None else None,
            dismissed.by if dismissed is not None else None,
            dismissed.reason if dismissed is not None else "",
        )

    def _event(self, kind: StatusEventKind) -> StatusEvent | None:
        return next((event for event in self._later if event.kind is kind), None)

    def _public_from(self) -> datetime | None:
        """Return when the proposal became public; None if it is not public at `now`."""
        published, dismissed = self._event(StatusEventKind.PUBLISHED), self._event(StatusEventKind.DISMISSED)
        decided = published or dismissed
        for at in self._chances():
            if decided is not None and decided.written_at <= at:
                break
            known = [word for word in self._words if known_at(word) <= at]
            spells = spells_of(known)
            if _recovery(spells, self._first.at) is not None:
                break
            is_down = bool(spells) and spells[-1].seen is Seen.DOWN
            if is_down and not any(each.covers(at) for each in self._hindrances):
                return at
        return published.at if published is not None else None

    def _chances(self) -> list[datetime]:
        """Return the instants up to now at which the proposal may become public by itself, in order."""
        due = self._first.end
        if due is None:
            return []
        times = [due, *map(known_at, self._words), *(each.end for each in self._hindrances if each.end is not None)]
        return sorted({at for at in times if due <= at <= self._now})

    def _incident(self, public_from: datetime, recovery: Spell | None) -> Incident:
        first, published = self._first, self._event(StatusEventKind.PUBLISHED)
        words = published if published is not None and published.written_at <= public_from else None
        # The event that made it public is the one of which subscribers are told.
        opening = Update(
            words.seq if words is not None else first.seq,
            first.at,
            public_from,
            words.by if words is not None else first.by,
            IncidentState.INVESTIGATING,
            (words.message if words is not None else "") or first.message,
            {self._component: ComponentState(first.components[self._component])},
        )
        said = [event for event in self._later if event.kind is StatusEventKind.UPDATED]
        if recovery is not None:
            said.append(self._end(recovery, said))
        said.sort(key=lambda event: (event.at, event.seq))
        corrections = corrections_of(self._later)
        title = (words.title if words is not None else "") or first.title
        started_at = corrections[-1].started_at if corrections else first.at
        updates = (opening, *self._without_late_end(list(updates_of(said, IncidentState.INVESTIGATING)), recovery))
        return Incident(first.subject, title, None, first.at, started_at, updates, corrections, tuple(self._silences()))

    def _end(self, recovery: Spell, said: Sequence[StatusEvent]) -> StatusEvent:
        """Return the event that ends the incident because the component is up again.

        If a person has written an update before, the incident stays open, and only the component becomes operational.
        """
        word = recovery.word
        has_spoken = any(event.written_at <= word.written_at for event in said)
        return StatusEvent(
            self._first.subject,
            StatusEventKind.UPDATED,
            max(recovery.start, self._first.at),
            word.written_at,
            word.by,
            state=(IncidentState.MONITORING if has_spoken else IncidentState.RESOLVED).value,
            components={self._component: ComponentState.OPERATIONAL.value},
            message=word.message,
            seq=word.seq,
        )

    def _without_late_end(self, updates: list[Update], recovery: Spell | None) -> Iterator[Update]:
        """Yield the updates without the machine's final one, if a person had already ended the incident before that."""
        before = IncidentState.INVESTIGATING
        for update in updates:
            is_of_machine = recovery is not None and update.seq == recovery.word.seq
            if is_of_machine and before.is_over:
                continue
            before = update.state
            yield update

    def _silences(self) -> Iterator[StateSpan]:
        for spell in self._spells:
            if spell.seen is Seen.SILENT and not spell.has_recovered and spell.start > self._first.at:
                yield StateSpan(spell.start, spell.end, ComponentState.NOT_MEASURED)


def _recovery(spells: Iterable[Spell], start: datetime) -> Spell | None:
    """Return the first spell after `start` in which no machine reports the component as down; None if there is none."""
    return next((spell for spell in spells if spell.start > start and spell.has_recovered), None)
