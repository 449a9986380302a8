"""People's choices of reminders and courtesy notices, in the store."""

from __future__ import annotations

from datetime import timedelta

from oncall.paging.ports.notice_choices import NoticeChoice
from oncall.store.sql_store import SqlStore


def test_the_last_choice_of_each_person_counts(store: SqlStore) -> None:
    assert store.read(lambda tx: tx.notice_choices()) == {}
    ana = NoticeChoice("ana", (timedelta(days=1), timedelta(hours=1)), is_quiet=True)
    ben = NoticeChoice("ben", ())
    for choice in (NoticeChoice("ana"), ben, ana):
        store.write(lambda tx, choice=choice: tx.save_notice_choice(choice))  # type: ignore[misc]
    assert store.read(lambda tx: tx.notice_choices()) == {"ana": ana, "ben": ben}
