"""All transactions see the latest publication and overrides at once, and never a version that was rolled back."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from oncall.errors import Conflict, NotFound, ScheduleMoved
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.ports.records import NewVersion
from oncall.paging.ports.store import Transaction
from oncall.planning.posted.carry_out import Actor, carry_out_cover, carry_out_undo
from oncall.planning.posted.posted_change import CoverAsked, UndoAsked
from oncall.planning.published.change_schedule import ChangeTerms, change_schedule
from oncall.planning.published.schedule_version import Author
from oncall.schedule.change_document import SWAP, UNDO, undo_document, window_of
from oncall.schedule.schedule import Schedule
from oncall.schedule.versions import Piece
from oncall.store.database import open_store
from oncall.store.sql_store import SqlStore
from oncall.support.policy import Policy
from oncall.support.policy_file import packaged_policy
from oncall.support.windows import Window

from .examples import NOW, minutes, override, publication


class Mistake(Exception):
    """An error after the work has added a version."""


def primary(schedule: Schedule) -> str:
    return schedule.who(NOW).roles["primary"].engineer


def test_without_a_publication_the_schedule_is_empty_and_the_policy_the_packaged_one(store: SqlStore) -> None:
    schedule, policy = store.read(lambda t: (t.schedule(), t.policy()))
    assert (schedule.publications, schedule.overrides) == ((), ())
    assert policy == packaged_policy()


def test_versions_are_numbered_without_gaps(store: SqlStore) -> None:
    assert [store.write(lambda t: t.add_version(publication())), store.write(lambda t: t.add_version(override()))] == [
        1,
        2,
    ]

    def fails(t: Transaction) -> None:
        t.add_version(override())
        raise Mistake

    with pytest.raises(Mistake):
        store.write(fails)
    assert store.write(lambda t: t.add_version(override())) == 3


def test_a_publication_sets_the_schedule_and_the_policy(store: SqlStore) -> None:
    store.write(lambda t: t.add_version(publication("first quarter")))
    schedule, policy = store.read(lambda t: (t.schedule(), t.policy()))
    assert primary(schedule) == "ana"
    assert [(p.version, p.by, p.reason) for p in schedule.publications] == [(1, "mei", "first quarter")]
    assert policy.zone == ZoneInfo("America/Chicago")


def test_an_override_takes_effect_at_once_and_keeps_the_policy(store: SqlStore) -> None:
    store.write(lambda t: t.add_version(publication()))
    before = store.read(lambda t: (t.schedule(), t.policy()))
    store.write(lambda t: t.add_version(override("ben")))
    after = store.read(lambda t: (t.schedule(), t.policy()))
    assert (primary(before[0]), primary(after[0])) == ("ana", "ben")
    assert after[1] is before[1]


def test_an_unchanged_schedule_is_not_built_again(store: SqlStore) -> None:
    store.write(lambda t: t.add_version(publication()))
    assert store.read(lambda t: t.schedule()) is store.write(lambda t: t.schedule())


def test_an_override_of_another_process_takes_effect_at_once(url: str) -> None:
    with open_store(url) as mine, open_store(url) as theirs:
        mine.write(lambda t: t.add_version(publication()))
        assert primary(mine.read(lambda t: t.schedule())) == "ana"
        theirs.write(lambda t: t.add_version(override("ben")))
        assert primary(mine.read(lambda t: t.schedule())) == "ben"


def test_only_the_transaction_itself_sees_a_version_that_it_adds(store: SqlStore) -> None:
    store.write(lambda t: t.add_version(publication()))
    seen: list[str] = []

    def work(t: Transaction) -> None:
        t.add_version(override("ben"))
        seen.append(primary(t.schedule()))
        seen.append(primary(store.read(lambda other: other.schedule())))

    store.write(work)
    assert seen == ["ben", "ana"]


def test_a_rolled_back_version_is_not_cached(store: SqlStore) -> None:
    store.write(lambda t: t.add_version(publication()))

    def fails(t: Transaction) -> None:
        t.add_version(override("ben"))
        assert primary(t.schedule()) == "ben"
        raise Mistake

    with pytest.raises(Mistake):
        store.write(fails)
    assert primary(store.read(lambda t: t.schedule())) == "ana"
    store.write(lambda t: t.add_version(override("mei")))
    assert primary(store.read(lambda t: t.schedule())) == "mei"


def test_the_policy_of_an_old_publication_can_still_be_read(store: SqlStore) -> None:
    assert store.read(lambda t: t.policy_version()) == 0
    store.write(lambda t: t.add_version(publication()))
    store.write(lambda t: t.add_version(override()))
    moved = {**publication().sources, "policy_zone": "Asia/Kolkata"}
    assert store.write(lambda t: t.add_version(publication(sources=moved))) == 3
    assert store.read(lambda t: t.policy_version()) == 3
    policies = store.read(lambda t: [t.policy(version) for version in (0, 1, 3)])
    assert [policy.zone.key for policy in policies] == ["America/New_York", "America/Chicago", "Asia/Kolkata"]
    assert store.read(lambda t: t.policy()) is policies[-1]


def _policy(version: int, t: Transaction) -> Policy:
    return t.policy(version)


def test_a_version_that_is_not_a_publication_has_no_policy(store: SqlStore) -> None:
    store.write(lambda t: t.add_version(publication()))
    store.write(lambda t: t.add_version(override()))
    for version in (2, 9):
        with pytest.raises(NotFound) as refused:
            store.read(partial(_policy, version))
        assert str(refused.value) == f"schedule version {version} brought no policy"


def test_the_policy_version_matches_the_policy_of_the_transaction(store: SqlStore) -> None:
    def work(t: Transaction) -> tuple[int, int]:
        before = t.policy_version()
        t.add_version(publication())
        return before, t.policy_version()

    assert store.write(work) == (0, 1)


def _undo(version: int) -> NewVersion:
    document = undo_document(version, window_of(override().document))
    return NewVersion(NOW, UNDO, "mei", "a mistake", document, undoes=version)


def test_a_publication_that_was_taken_back_brings_no_policy(store: SqlStore) -> None:
    store.write(lambda t: t.add_version(publication()))
    moved = {**publication().sources, "policy_zone": "Asia/Kolkata"}
    store.write(lambda t: t.add_version(publication(sources=moved)))
    store.write(lambda t: t.add_version(_undo(2)))
    assert store.read(lambda t: (t.policy_version(), t.policy().zone.key)) == (1, "America/Chicago")
    store.write(lambda t: t.add_version(_undo(1)))
    assert store.read(lambda t: (t.policy_version(), t.policy())) == (0, packaged_policy())


def test_a_version_is_taken_back_once(store: SqlStore) -> None:
    store.write(lambda t: t.add_version(publication()))
    store.write(lambda t: t.add_version(override()))
    store.write(lambda t: t.add_version(_undo(2)))
    with pytest.raises(Conflict) as refused:
        store.write(lambda t: t.add_version(_undo(2)))
    assert str(refused.value) == "schedule version 4: the version is taken back already"


def test_of_two_who_take_one_seat_at_once_the_second_is_refused(url: str) -> None:
    with open_store(url) as mine, open_store(url) as theirs, ThreadPoolExecutor(2) as threads:
        mine.write(lambda t: t.add_version(publication()))
        assert [mine.read(lambda t: t.schedule().newest), theirs.read(lambda t: t.schedule().newest)] == [1, 1]
        both = threading.Barrier(2)

        def take(store: SqlStore, engineer: str) -> str:
            window = Window(NOW, NOW + minutes(30))
            both.wait(30)
            try:
                terms = ChangeTerms(expected=1)
                author = Author(engineer, NOW, "a favour")
                store.write(lambda t: change_schedule(t, SWAP, [Piece(window, "primary", engineer)], author, terms))
            except ScheduleMoved as moved:
                return str(moved)
            return engineer

        told = sorted(threads.map(take, [mine, theirs], ["mei", "mei"]), key=len)
        assert told[0] == "mei"
        assert told[1].startswith(
            "the schedule has changed since you read version 1: version 2 (swap by mei: a favour)"
        )
        assert mine.read(lambda t: t.schedule().newest) == 2


def test_a_cover_and_its_undo_are_stored_with_their_notices(store: SqlStore) -> None:
    store.write(lambda t: t.add_version(publication()))
    actor = Actor("mei", ActionContext("mei", NOW, NOW))
    asked = CoverAsked("ana", "mei", None, None, "Ana is ill", is_forced=True)
    done = store.write(lambda t: carry_out_cover(t, asked, actor))
    assert (done.made.version.number, done.told) == (2, ("ana",))
    assert primary(store.read(lambda t: t.schedule())) == "mei"
    undone = store.write(lambda t: carry_out_undo(t, 2, UndoAsked("Ana is well", is_forced=True), actor))
    assert (undone.made.version.number, undone.told) == (3, ("ana",))
    schedule, alerts = store.read(lambda t: (t.schedule(), t.alerts(written_since=NOW - minutes(1))))
    assert primary(schedule) == "ana"
    assert sorted(alert.about for alert in alerts) == ["schedule 2 ana", "schedule 3 ana"]
