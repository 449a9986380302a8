"""Queries for what senders posted: the log of arrivals and the senders' keys, in one open transaction."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime

from sqlalchemy import bindparam, delete, func, insert, select, tuple_, update

from oncall.paging.ports.intake_store import Arrival, ArrivalStatus, SenderKey, WaitingFailures
from oncall.store.rows import Row, Values
from oncall.store.statements import Statements
from oncall.store.tables import has_failed, intake_log, sender_keys

ADD_SENDER_KEY = insert(sender_keys)
UPDATE_SENDER_KEY = update(sender_keys).where(sender_keys.c.id == bindparam("wanted"))
ADD_ARRIVAL = insert(intake_log)
_LATEST_KEY = (
    select(sender_keys.c.key)
    .where(
        sender_keys.c.ticket == bindparam("ticket"),
        sender_keys.c.sender == bindparam("sender"),
        sender_keys.c.caller == bindparam("caller"),
    )
    .order_by(sender_keys.c.changed_at.desc(), sender_keys.c.id)
    .limit(1)
)
_SENDER_KEY = select(sender_keys).where(sender_keys.c.id == bindparam("wanted"))
_LOCK_SENDER_KEY = _SENDER_KEY.with_for_update()
_ARRIVAL = select(intake_log).where(intake_log.c.id == bindparam("wanted"))
_LOCK_ARRIVAL = _ARRIVAL.with_for_update()
_UPDATE_ARRIVAL = update(intake_log).where(intake_log.c.id == bindparam("wanted"))
_WITHOUT_BODY = [column for column in intake_log.c if column.name != "body"]
_FAILURES_OF = select(func.count(), func.max(intake_log.c.at)).where(
    has_failed, intake_log.c.caller == bindparam("whose")
)
_WAITING_FAILURES = (
    select(intake_log.c.caller, func.count(), func.min(intake_log.c.at))
    .where(has_failed)
    .group_by(intake_log.c.caller)
    .order_by(intake_log.c.caller)
)
_FORGET_ARRIVALS = delete(intake_log).where(
    intake_log.c.at < bindparam("before"), intake_log.c.status != ArrivalStatus.FAILED.value
)
_FORGET_KEYS = delete(sender_keys).where(
    sender_keys.c.changed_at < bindparam("before"), sender_keys.c.has_ended.is_(True)
)


class IntakeQueries(Statements):
    """The queries for arrivals and senders' keys."""

    def sender_key(self, caller: str, sender: str, key: str) -> SenderKey | None:
        """Return a sender's key and lock its row until the transaction ends; None if it is not stored."""
        wanted = _key_id(caller, sender, key)
        query = _LOCK_SENDER_KEY if self._writes else _SENDER_KEY
        row = self._run_on(wanted, query, {"wanted": wanted}).one_or_none()
        return None if row is None else SenderKey(*tuple(row)[1:])

    def add_sender_key(self, key: SenderKey) -> None:
        """Insert a sender's key. Raises Conflict if it is already stored."""
        wanted = _key_id(key.caller, key.sender, key.key)
        values = {"id": wanted, "caller": key.caller, "sender": key.sender, "key": key.key, **_key_changes(key)}
        self._insert(ADD_SENDER_KEY, [values], keys=(wanted,), subject=f"key {key.key[:40]}")

    def latest_key(self, caller: str, sender: str, ticket: str) -> str | None:
        """Return the newest of this sender's keys that lead to a ticket; None if there is none.

        Only for the sender `mail` does an index make this fast.
        """
        found: str | None = self._run(
            _LATEST_KEY, {"caller": caller, "sender": sender, "ticket": ticket}
        ).scalar_one_or_none()
        return found

    def update_sender_key(self, key: SenderKey) -> None:
        """Update a stored key: write those of its columns that can change. Raises NotFound if the key is not stored."""
        wanted = _key_id(key.caller, key.sender, key.key)
        values = {"wanted": wanted, **_key_changes(key)}
        self._update(UPDATE_SENDER_KEY, values, keys=(wanted,), subject=f"key {key.key[:40]}")

    def add_arrival(self, arrival: Arrival) -> None:
        """Insert an arrival into the log."""
        values = {
            "id": arrival.id,
            "at": arrival.at,
            "caller": arrival.caller,
            "sender": arrival.sender,
            "path": arrival.path,
            **_arrival_changes(arrival),
            "is_cut": arrival.is_cut,
            "headers": dict(arrival.headers),
        }
        self._insert(ADD_ARRIVAL, [values], keys=(arrival.id,), subject=f"arrival {arrival.id}")

    def update_arrival(self, arrival: Arrival) -> None:
        """Update a stored arrival: write its status, outcome, tickets and body."""
        self._run(_UPDATE_ARRIVAL, {"wanted": arrival.id, **_arrival_changes(arrival)})

    def arrival(self, arrival_id: str) -> Arrival | None:
        """Return an arrival with its body, and lock its row until the transaction ends; None if there is none."""
        if not (arrival_id.isascii() and arrival_id.isalnum()):
            # PostgreSQL would refuse some letters, which would look like a database that is away.
            return None
        query = _LOCK_ARRIVAL if self._writes else _ARRIVAL
        row = self._run_on(arrival_id, query, {"wanted": arrival_id}).one_or_none()
        return None if row is None else _arrival(row, body=row.body)

    def arrivals(
        self, *, limit: int, status: ArrivalStatus | None = None, caller: str | None = None, after: str | None = None
    ) -> list[Arrival]:
        """Return arrivals without their bodies, the newest first.

        after: the id of an arrival; only older ones are returned.
        """
        query = select(*_WITHOUT_BODY).order_by(intake_log.c.at.desc(), intake_log.c.id.desc()).limit(limit)
        if status is not None:
            query = query.where(intake_log.c.status == status.value)
        if caller is not None:
            query = query.where(intake_log.c.caller == caller.replace("\0", " "))
        if after is not None:
            its_time = select(intake_log.c.at).where(intake_log.c.id == after).scalar_subquery()
            query = query.where(tuple_(intake_log.c.at, intake_log.c.id) < tuple_(its_time, after))
        return [_arrival(row, body=None) for row in self._run(query)]

    def failures_of(self, caller: str) -> tuple[int, datetime | None]:
        """Return how many failures of a caller a person must still replay or drop, and when the last one came.

        The time is real time, aware UTC; None if there is no failure.
        """
        count, last = tuple(self._run(_FAILURES_OF, {"whose": caller}).one())
        return count, last

    def waiting_failures(self) -> list[WaitingFailures]:
        """Return the failures that a person must still replay or drop, counted for each caller."""
        return [WaitingFailures(*tuple(row)) for row in self._run(_WAITING_FAILURES)]

    def forget_arrivals(self, *, before: datetime) -> int:
        """Delete arrivals and ended keys from before an instant (real time). Returns the number of deleted rows.

        Failures that a person must still replay or drop are kept.
        """
        gone = [self._run(statement, {"before": before}).rowcount for statement in (_FORGET_ARRIVALS, _FORGET_KEYS)]
        return sum(gone)


def _key_id(caller: str, sender: str, key: str) -> str:
    """Return a key of fixed length for the table from a sender's key, which may have any length and any character."""
    return hashlib.sha256("\0".join((caller, sender, key)).encode("utf-8", "surrogatepass")).hexdigest()


def _key_changes(key: SenderKey) -> Values:
    return {
        "ticket": key.ticket,
        "opened": key.opened,
        "impact": key.impact,
        "has_ended": key.has_ended,
        "changed_at": key.changed_at,
        "said_at": key.said_at,
    }


def _arrival_changes(arrival: Arrival) -> Values:
    return {
        "status": arrival.status.value,
        "outcome": list(arrival.outcome),
        "tickets": list(arrival.tickets),
        # As text: both databases store it alike, whatever the bytes are.
        "body": None if arrival.body is None else base64.b64encode(arrival.body).decode(),
    }


def _arrival(row: Row, *, body: str | None) -> Arrival:
    named = row._mapping  # type: ignore[attr-defined]  # a row of SQLAlchemy's, which `Row` does not say
    return Arrival(
        named["id"],
        named["at"],
        named["caller"],
        named["sender"],
        named["path"],
        ArrivalStatus(named["status"]),
        tuple(named["outcome"]),
        tuple(named["tickets"]),
        None if body is None else base64.b64decode(body),
        named["is_cut"],
        named["headers"],
    )
