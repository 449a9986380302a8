"""Refuses to copy a database on which a pager runs: that pager would keep paging for tickets that the copy has, too."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from oncall.errors import Refused
from oncall.store.address import PostgresAddress, SqliteAddress
from oncall.store.sqlite_file import real_path
from oncall.store.sqlite_lock import hold_pager_lock
from oncall.store.tables import pagers
from oncall.support.wording import span

RUNS_FOR = timedelta(seconds=30)
"""A pager runs if its last heartbeat is younger than this (real time). A pager writes one every few seconds."""
MAY_RETURN_FOR = timedelta(minutes=10)
"""If a pager's last heartbeat is younger than this (real time), it may be cut off or suspended, and continue later."""


@dataclass(frozen=True, slots=True)
class SourcePagers:
    """Decides whether a pager still runs on the database that is to be copied.

    real_now: aware UTC. host: this machine's name; the names of its pagers begin with it. is_stopped: the operator
    confirms that all pagers are stopped for good. It counts only for pagers that have written nothing for RUNS_FOR.
    """

    real_now: datetime
    host: str
    is_stopped: bool = False

    def keep_off(self, old: Connection, source: SqliteAddress | PostgresAddress, held: ExitStack) -> None:
        """Raise Refused if a pager runs on the source. On a SQLite file, lock out new pagers until `held` is closed."""
        is_ours = False
        if isinstance(source, SqliteAddress) and os.access(real_path(source).parent, os.W_OK):
            is_ours = hold_pager_lock(source, held)
            if not is_ours:
                raise Refused(_still_runs(self._beats(old), source.place, self.real_now))
        self.refuse_living(old, source.place, is_ours=is_ours)

    def refuse_living(self, old: Connection, place: str, *, is_ours: bool) -> None:
        """Raise Refused if a pager wrote a heartbeat within MAY_RETURN_FOR. place: the database's name for messages.

        is_ours: this process holds the pager lock of a SQLite file, so no pager of this machine can be running.
        """
        beats = [
            (worker, at)
            for worker, at in self._beats(old)
            # No pager of this machine can be alive without the lock.
            if self.real_now - at < MAY_RETURN_FOR and not (is_ours and worker.startswith(f"{self.host}:"))
        ]
        if not beats:
            return
        worker, at = beats[0]
        if self.real_now - at < RUNS_FOR:
            raise Refused(_still_runs(beats, place, self.real_now))
        if not self.is_stopped:
            raise Refused(
                f"{place}: the pager {worker} last wrote {_ago(self.real_now - at)} and may come back; "
                "make sure that it is stopped, then add --pager-stopped"
            )

    def _beats(self, old: Connection) -> list[tuple[str, datetime]]:
        """Return the name and last heartbeat (aware UTC) of each pager, the newest heartbeat first."""
        found = old.execute(select(pagers.c.worker, pagers.c.at).order_by(pagers.c.at.desc(), pagers.c.worker))
        return [(worker, at) for worker, at in found]


def _still_runs(beats: Sequence[tuple[str, datetime]], place: str, real_now: datetime) -> str:
    if not beats:
        return f"{place}: `oncall serve` runs on it; stop it, then run this again"
    worker, at = beats[0]
    wait = f"wait {RUNS_FOR.seconds} s" if real_now - at < RUNS_FOR else "wait a moment"
    return (
        f"{place}: the pager {worker} runs on it (it last wrote {_ago(real_now - at)}); "
        f"stop it, {wait}, then run this again"
    )


def _ago(silent: timedelta) -> str:
    return f"{span(silent)} ago" if silent >= timedelta(seconds=1) else "just now"
