"""Answers the queries of one run of the pager: each query runs once for all messages of that run.

The pager's rules judge one message at a time and read from this store. The first query of a kind is run for all phones
or tickets at once, and the later ones are answered from memory. Changes are collected, affect later answers at once,
and are written together at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar, cast

from oncall.paging.domain.events import Event, EventKind
from oncall.paging.domain.reachability import Alert
from oncall.paging.domain.ticket import SENDABLE, Attempt, AttemptStatus, Purpose, StoredTicket
from oncall.paging.ports.records import SentText
from oncall.paging.ports.store import SendStore
from oncall.schedule.schedule import Schedule
from oncall.support.policy import ChannelName, Policy

T = TypeVar("T")


class PassStore:
    """A transaction that caches the queries and collects the changes of one run of the pager. Call `flush` at the end.

    A query without a method here first writes the changes, then runs in the transaction.
    """

    def __init__(self, tx: SendStore, *, people: Iterable[str], tickets: Iterable[str] = ()) -> None:
        """people, tickets: the ids of the people and the tickets of all messages, for which the queries are run."""
        self._tx = tx
        self._people = dict.fromkeys(people)
        self._ticket_ids = dict.fromkeys(tickets)
        self._answers: dict[object, Any] = {}
        self._changed: dict[str, Attempt] = {}
        self._changed_alerts: dict[str, Alert] = {}
        self._sent: list[Attempt] = []
        self._events: list[Event] = []

    def store(self) -> SendStore:
        """Return this object with the type that the pager's rules need."""
        return cast(SendStore, self)

    def flush(self) -> None:
        """Write all collected changes."""
        self._tx.update_attempts(list(self._changed.values()))
        self._tx.update_alerts(list(self._changed_alerts.values()))
        self._tx.append(self._events)
        self._answers.clear()
        self._changed.clear()
        self._changed_alerts.clear()
        self._sent, self._events = [], []

    def __getattr__(self, name: str) -> Any:
        """Return a method of the transaction that this class does not have. Writes the collected changes first."""
        self.flush()
        return getattr(self._tx, name)

    # Questions that need no statement, or one in any case.

    def policy(self, version: int | None = None) -> Policy:
        """Return the policy in force, or the policy of publication `version`."""
        return self._tx.policy(version)

    def policy_at(self, at: datetime) -> Policy:
        """Return the policy in force at `at` (aware UTC)."""
        return self._tx.policy_at(at)

    def policy_version(self) -> int:
        """Return the number of the schedule version that brought the policy in force."""
        return self._tx.policy_version()

    def schedule(self) -> Schedule:
        """Return the published schedule."""
        return self._tx.schedule()

    def lock_send_queue(self) -> None:
        """Wait for the lock of the send queue, and keep it until the transaction ends."""
        self._tx.lock_send_queue()

    def try_lock_phone(self, person: str) -> bool:
        """Reserve a person's phone for an urgent page. Returns False if another transaction has reserved it."""
        return self._tx.try_lock_phone(person)

    # Questions about a ticket.

    def ticket(self, ticket_id: str) -> StoredTicket | None:
        """Return the ticket with this id and lock its row; None if there is none."""
        found: dict[str, StoredTicket | None] = self._answers.setdefault("tickets", {})
        if ticket_id not in found:
            missing = self._missing(found, [ticket_id])
            found.update(dict.fromkeys(missing))
            found.update(self._tx.tickets_by_id(missing))
        return found[ticket_id]

    def events_of(self, ticket_ids: Sequence[str], *, without: Sequence[EventKind] = ()) -> dict[str, list[Event]]:
        """Return the logs of tickets by id, without events of the kinds in `without`."""
        found: dict[str, list[Event]] = self._answers.setdefault(("events", tuple(without)), {})
        if not found.keys() >= set(ticket_ids):
            missing = self._missing(found, ticket_ids)
            logs = self._tx.events_of(missing, without=without)
            found.update({name: logs.get(name, []) for name in missing})
        mine = [event for event in self._events if event.kind not in without]
        logs = {name: [*found[name], *(one for one in mine if one.ticket == name)] for name in ticket_ids}
        return {name: log for name, log in logs.items() if log}

    def attempts(self, ticket_id: str) -> list[Attempt]:
        """Return every attempt for this ticket, the oldest first."""
        found: dict[str, list[Attempt]] = self._answers.setdefault("attempts", {})
        if ticket_id not in found:
            missing = self._missing(found, [ticket_id])
            stored = self._tx.attempts_of(missing)
            found.update({name: stored.get(name, []) for name in missing})
        return self._as_changed(found[ticket_id])

    # Questions about a phone.

    def queued_pages(self, person: str) -> list[Attempt]:
        """Return the queued texts that page this person, the oldest first, and lock their rows."""
        found = self._of_people(person, "queued", self._tx.queued_pages_to)
        for pages in found.values():
            # The rules ask about the tickets of these pages next.
            self._ticket_ids.update(dict.fromkeys(page.ticket for page in pages))
        waiting = self._as_changed(found.get(person, ()))
        return [page for page in waiting if page.status in SENDABLE and page.may_wait]

    def texts_sent(self, *, since: datetime, most: int, to: str | None = None) -> list[SentText]:
        """Return at most `most` texts that were sent since `since` (policy time), the newest first."""
        if to is None:
            stored = self._once(("texts", since, most), lambda: self._tx.texts_sent(since=since, most=most))
        else:
            question = ("texts to", since, most)
            by_phone = self._of_people(
                to, question, lambda people: self._tx.texts_sent_to(people, since=since, most=most)
            )
            stored = by_phone.get(to, [])
        mine = [
            SentText(one.sent_at, one.text)
            for one in self._sent
            if one.channel != ChannelName.VOICE and to in (None, one.to) and one.sent_at and one.sent_at >= since
        ]
        return sorted([*mine, *stored], key=lambda text: text.at, reverse=True)[:most] if mine else stored

    def last_page_to(self, person: str) -> Attempt | None:
        """Return the latest text that paged this person and is not known to have failed; None if there is none."""
        last = self._of_people(person, "last pages", self._tx.last_pages_to).get(person)
        if last is not None and last.id in self._changed:
            # It may not be the last one any more.
            self.flush()
            last = self._tx.last_page_to(person)
        pages = [one for one in self._sent if one.to == person and one.is_text and one.purpose is Purpose.PAGE]
        known = [*pages, *([last] if last is not None else [])]
        return max(known, key=lambda one: (one.sent_at is not None, one.sent_at, one.id), default=None)

    def calls_to(self, person: str, *, since: datetime) -> list[Attempt]:
        """Return the calls to this person since `since` (policy time), the latest first."""
        question = ("calls", since)
        found = self._of_people(person, question, lambda people: self._tx.calls_to_each(people, since=since))
        mine = [one for one in self._sent if one.to == person and one.channel == ChannelName.VOICE]
        stored = self._as_changed(found.get(person, ()))
        return [*reversed(mine), *(one for one in stored if all(one.id != sent.id for sent in mine))]

    # Changes.

    def update_attempt(self, attempt: Attempt) -> None:
        """Change an attempt. If it is `sending` now, the rate limits count it at once."""
        self._changed[attempt.id] = attempt
        if attempt.status is AttemptStatus.SENDING and attempt.sent_at is not None:
            self._sent.append(attempt)

    def append(self, events: Sequence[Event]) -> None:
        """Append events to the logs."""
        self._events += events

    def update_alert(self, alert: Alert) -> None:
        """Change an alert."""
        self._changed_alerts[alert.id] = alert

    # ---------------------------------------------------------------------------------------------------------------

    def _once(self, question: object, ask: Callable[[], T]) -> T:
        if question not in self._answers:
            self._answers[question] = ask()
        answer: T = self._answers[question]
        return answer

    def _of_people(self, person: str, question: object, ask: Callable[[list[str]], dict[str, T]]) -> dict[str, T]:
        """Return the results of `ask` by person, from one query for all people of this run.

        question: the key of the query in memory. A new person is added, and the query then runs again.
        """
        if person not in self._people:
            self._people[person] = None
            self._answers.pop(question, None)
        return self._once(question, lambda: ask(list(self._people)))

    def _missing(self, found: dict[str, T], wanted: Iterable[str]) -> list[str]:
        return [name for name in dict.fromkeys([*self._ticket_ids, *wanted]) if name not in found]

    def _as_changed(self, attempts: Iterable[Attempt]) -> list[Attempt]:
        return [self._changed.get(one.id, one) for one in attempts]
