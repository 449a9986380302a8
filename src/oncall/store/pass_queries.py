"""Queries that read the rows of many phones or tickets in one statement. The pager runs each once for all its work."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Executable,
    TableValuedAlias,
    Text,
    bindparam,
    func,
    select,
    union_all,
    update,
)

from oncall.paging.domain.reachability import Alert
from oncall.paging.domain.ticket import Attempt, StoredTicket
from oncall.paging.ports.records import SentText
from oncall.store import rows
from oncall.store.attempt_queries import QUEUED_PAGE, last_page
from oncall.store.statements import Query, Statements
from oncall.store.tables import alerts, attempts, tickets

_MOST_KEYS = 5_000
_WANTED: BindParameter[Any] = bindparam("wanted", expanding=True)
# In the order of ids, so that two pagers never wait for each other.
_TICKETS = select(tickets).where(tickets.c.id.in_(_WANTED)).order_by(tickets.c.id)
_LOCK_TICKETS = _TICKETS.with_for_update()
_ATTEMPTS = select(attempts).where(attempts.c.ticket.in_(_WANTED)).order_by(attempts.c.written_at, attempts.c.id)
_QUEUED_PAGES = (
    select(attempts)
    .where(attempts.c.to.in_(_WANTED), QUEUED_PAGE)
    .order_by(attempts.c.written_at, attempts.c.id)
    .with_for_update(skip_locked=True)
)
_CALLS = (
    select(attempts)
    .where(
        attempts.c.to.in_(_WANTED),
        attempts.c.sent_at.is_not(None),
        attempts.c.sent_at >= bindparam("since"),
        attempts.c.channel == "voice",
    )
    .order_by(attempts.c.sent_at.desc(), attempts.c.id.desc())
)
_OF_TICKETS = select(
    attempts.c.to.label("person"),
    attempts.c.sent_at.label("at"),
    func.coalesce(attempts.c.sent_text, attempts.c.body).label("text"),
).where(
    attempts.c.to.in_(_WANTED),
    attempts.c.sent_at.is_not(None),
    attempts.c.sent_at >= bindparam("since"),
    attempts.c.channel != "voice",
)
_OF_ALERTS = select(alerts.c.to.label("person"), alerts.c.sent_at.label("at"), alerts.c.body.label("text")).where(
    alerts.c.to.in_(_WANTED), alerts.c.sent_at.is_not(None), alerts.c.sent_at >= bindparam("since")
)
_TEXTS = union_all(_OF_TICKETS, _OF_ALERTS).subquery()
_COUNTED = select(
    _TEXTS, func.row_number().over(partition_by=_TEXTS.c.person, order_by=_TEXTS.c.at.desc()).label("place")
).subquery()
_TEXTS_SENT_TO = (
    select(_COUNTED.c.person, _COUNTED.c.at, _COUNTED.c.text)
    .where(_COUNTED.c.place <= bindparam("most"))
    .order_by(_COUNTED.c.at.desc())
)


def _last_pages(people: TableValuedAlias, person: ColumnElement[str]) -> Query:
    """Build the query for the last page to each person. people: the table of the people. person: its column of ids."""
    last = last_page(attempts.alias("page"), person).correlate(people)
    return select(attempts).join_from(people, attempts, attempts.c.id == last.scalar_subquery())


_IN_POSTGRES = func.unnest(bindparam("people", type_=ARRAY(Text))).table_valued("person").render_derived()
_IN_SQLITE = func.json_each(bindparam("people", type_=Text)).table_valued("value")
_LAST_PAGES_IN_POSTGRES = _last_pages(_IN_POSTGRES, _IN_POSTGRES.c.person)
_LAST_PAGES_IN_SQLITE = _last_pages(_IN_SQLITE, _IN_SQLITE.c.value)
_UPDATE_ALERT = update(alerts).where(alerts.c.id == bindparam("wanted"))


class PassQueries(Statements):
    """The queries for many phones or tickets at once."""

    def tickets_by_id(self, ticket_ids: Sequence[str]) -> dict[str, StoredTicket]:
        """Return the tickets with these ids, by id, and lock their rows until the transaction ends."""
        found = self._many(_LOCK_TICKETS if self._writes else _TICKETS, sorted(ticket_ids))
        return {stored.ticket.id: stored for stored in map(rows.stored_ticket, found)}

    def attempts_of(self, ticket_ids: Sequence[str]) -> dict[str, list[Attempt]]:
        """Return the attempts for each ticket, the oldest first, by the ticket's id."""
        return _by(lambda one: one.ticket, map(rows.attempt, self._many(_ATTEMPTS, ticket_ids)))

    def queued_pages_to(self, people: Sequence[str]) -> dict[str, list[Attempt]]:
        """Return for each person the texts that `queued_pages` returns, and lock their rows."""
        return _by(lambda one: one.to, map(rows.attempt, self._many(_QUEUED_PAGES, people)))

    def texts_sent_to(self, people: Sequence[str], *, since: datetime, most: int) -> dict[str, list[SentText]]:
        """Return for each person the texts that `texts_sent` returns, at most `most`, the newest first.

        since: policy time.
        """
        found: dict[str, list[SentText]] = {}
        for row in self._many(_TEXTS_SENT_TO, people, since=since, most=most):
            found.setdefault(row.person, []).append(SentText(row.at, row.text))
        return found

    def last_pages_to(self, people: Sequence[str]) -> dict[str, Attempt]:
        """Return for each person the page that `last_page_to` returns."""
        if self._connection.dialect.name == "postgresql":
            found = self._run(_LAST_PAGES_IN_POSTGRES, {"people": list(people)})
        else:
            found = self._run(_LAST_PAGES_IN_SQLITE, {"people": json.dumps(list(people))})
        return {one.to: one for one in map(rows.attempt, found)}

    def calls_to_each(self, people: Sequence[str], *, since: datetime) -> dict[str, list[Attempt]]:
        """Return for each person the calls that `calls_to` returns, the latest first. since: policy time."""
        return _by(lambda one: one.to, map(rows.attempt, self._many(_CALLS, people, since=since)))

    def update_alerts(self, alerts: Sequence[Alert]) -> None:
        """Update several stored alerts as `update_alert` does."""
        if alerts:
            self._run(_UPDATE_ALERT, [{"wanted": one.id, **rows.alert_changes(one)} for one in alerts])

    def _many(self, query: Executable, keys: Sequence[str], **others: object) -> list[Any]:
        """Return the rows of a query for many keys.

        Runs the query several times if there are very many keys, because databases limit the number of parameters.
        """
        found: list[Any] = []
        for start in range(0, len(keys), _MOST_KEYS):
            found += self._run(query, {"wanted": list(keys[start : start + _MOST_KEYS]), **others})
        return found


def _by(key: Callable[[Attempt], str], found: Iterable[Attempt]) -> dict[str, list[Attempt]]:
    grouped: dict[str, list[Attempt]] = {}
    for one in found:
        grouped.setdefault(key(one), []).append(one)
    return grouped
