"""Queries for the counts of refused requests, in one open transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, insert, select

from oncall.paging.ports.refusals import Refusal, RefusalCount, RefusalReason
from oncall.store.statements import Statements
from oncall.store.tables import refusals

_KEPT_FOR = timedelta(days=14)

_SINCE = select(refusals).where(refusals.c.hour >= bindparam("since")).order_by(refusals.c.last_at)
_FORGET = delete(refusals).where(refusals.c.hour < bindparam("before"))
_REPLACE = delete(refusals).where(
    refusals.c.worker == bindparam("its_worker"),
    refusals.c.hour == bindparam("its_hour"),
    refusals.c.caller == bindparam("its_caller"),
    refusals.c.reason == bindparam("its_reason"),
)


class RefusalQueries(Statements):
    """The queries for the counts of refused requests."""

    def write_refusals(self, counts: Sequence[RefusalCount]) -> None:
        """Store counts. A count replaces the stored count of the same process, hour, caller and reason.

        Counts that are older than two weeks are deleted.
        """
        for count in counts:
            last = count.last
            key = {"worker": count.worker, "hour": count.hour, "caller": last.caller, "reason": last.reason.value}
            self._run(_REPLACE, {f"its_{name}": value for name, value in key.items()})
            values = {
                **key,
                "count": count.count,
                "last_at": last.at,
                "status": last.status,
                "source": last.source,
                "detail": last.detail,
                "accepted_at": count.accepted_at,
            }
            self._change(insert(refusals), values, subject=f"refusals of {last.caller}")
        if counts:
            self._run(_FORGET, {"before": max(count.hour for count in counts) - _KEPT_FOR})

    def refusals(self, *, since: datetime) -> list[RefusalCount]:
        """Return the counts of all processes for the hours that begin at or after `since` (real time)."""
        return [
            RefusalCount(
                row["worker"],
                row["hour"],
                row["count"],
                Refusal(
                    row["last_at"],
                    RefusalReason(row["reason"]),
                    row["status"],
                    row["caller"],
                    row["source"],
                    row["detail"],
                ),
                row["accepted_at"],
            )
            for row in self._run(_SINCE, {"since": since}).mappings()
        ]
