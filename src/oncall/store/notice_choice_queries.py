"""Queries for people's choices of reminders and courtesy notices, in one open transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from oncall.paging.ports.notice_choices import NoticeChoice
from oncall.store.statements import Statements
from oncall.store.tables import notice_choices

_ALL = select(*(notice_choices.c[name] for name in ("person", "reminders", "is_quiet")))


class NoticeChoiceQueries(Statements):
    """The queries for people's choices of reminders and courtesy notices."""

    def notice_choices(self) -> Mapping[str, NoticeChoice]:
        """Return the choices by the person's id. People who chose nothing are left out."""
        # No write of this table is ever deferred, so that this read need not end the batch of other jobs.
        rows = self._execute(_ALL, None)
        return {row.person: NoticeChoice(row.person, _times(row.reminders), row.is_quiet) for row in rows}

    def save_notice_choice(self, choice: NoticeChoice) -> None:
        """Store a person's choice. It replaces their earlier one."""
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        seconds = None
        if choice.reminders is not None:
            seconds = " ".join(str(int(each.total_seconds())) for each in choice.reminders)
        new = dialect.insert(notice_choices).values(person=choice.person, reminders=seconds, is_quiet=choice.is_quiet)
        changed = {name: new.excluded[name] for name in ("reminders", "is_quiet")}
        self._run(new.on_conflict_do_update(index_elements=["person"], set_=changed))


def _times(seconds: str | None) -> tuple[timedelta, ...] | None:
    return None if seconds is None else tuple(timedelta(seconds=int(each)) for each in seconds.split())
