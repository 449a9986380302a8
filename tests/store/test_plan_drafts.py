"""Plan drafts in the store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oncall.errors import Conflict
from oncall.paging.ports.plan_drafts import DraftState, PlanDraft
from oncall.store.sql_store import SqlStore

from .examples import NOW, minutes

DRAFT = PlanDraft("draft-1", "cas-support", DraftState.MAKING, "mei", NOW, NOW, "13 weeks")


def test_drafts_are_listed_newest_first_changed_from_their_state_alone_and_removed(store: SqlStore) -> None:
    later = replace(DRAFT, id="draft-2", created_at=NOW + minutes(1), state=DraftState.READY)
    for draft in (DRAFT, later):
        store.write(lambda tx, draft=draft: tx.add_plan_draft(draft, "{}"))  # type: ignore[misc]
    assert store.read(lambda tx: tx.plan_drafts()) == [later, DRAFT]
    ready = replace(DRAFT, state=DraftState.READY, progress="done", beat_at=NOW + minutes(2))
    assert store.write(lambda tx: tx.change_plan_draft(ready, DraftState.MAKING, '{"a": 1}'))
    assert not store.write(lambda tx: tx.change_plan_draft(ready, DraftState.MAKING))
    assert store.read(lambda tx: tx.plan_draft("draft-1")) == replace(ready, revision=1)
    assert store.read(lambda tx: tx.plan_draft_content("draft-1")) == '{"a": 1}'
    assert store.write(lambda tx: tx.remove_plan_draft("draft-1"))
    assert not store.write(lambda tx: tx.remove_plan_draft("draft-1"))
    assert store.read(lambda tx: (tx.plan_draft("draft-1"), tx.plan_draft_content("draft-1"))) == (None, "")


def test_an_id_that_is_taken_is_a_conflict(store: SqlStore) -> None:
    store.write(lambda tx: tx.add_plan_draft(DRAFT, "{}"))
    with pytest.raises(Conflict):
        store.write(lambda tx: tx.add_plan_draft(DRAFT, "{}"))
