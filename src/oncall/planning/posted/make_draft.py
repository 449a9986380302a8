"""Makes the plan of a draft: runs the search, and stores its progress and its result."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Self

from oncall.errors import OncallError, PlanInfeasible, StoreError
from oncall.paging.ports.plan_drafts import DraftState, PlanDraft
from oncall.paging.ports.store import Store, Transaction
from oncall.planning.plans.make_plan import make_plan
from oncall.planning.posted.plan_drafts import DraftContent, DraftOutcome, content_of, end_search
from oncall.planning.posted.posted_publication import roster_of_publication
from oncall.planning.sources.context_sources import ContextSources
from oncall.planning.sources.watch import PlanningWatch, SearchHooks, SearchOptions, progress_text
from oncall.rosters.relaxation import relaxation_named
from oncall.rotation.solve.search import SearchProgress
from oncall.schedule.plan import Plan
from oncall.schedule.plan_json import json_of
from oncall.schedule.schedule import Schedule

BEAT = timedelta(seconds=2)
"""How often (real time) a search stores its progress."""
MOST_NOTES = 50


def make_draft(store: Store, draft_id: str, real_now: Callable[[], datetime], beat: timedelta = BEAT) -> None:
    """Search for the plan of a draft; store it, or the reason why there is none.

    Does nothing unless the draft's state is MAKING. If the draft is discarded meanwhile, the search ends. beat: how
    often (real time) the progress is stored.
    """
    found = store.read(lambda tx: (tx.plan_draft(draft_id), tx.schedule()))
    draft, schedule = found
    if draft is None or draft.state is not DraftState.MAKING:
        return
    content = store.read(lambda tx: content_of(tx, draft_id))
    with _Beat(store, draft, real_now, beat) as following:
        state, outcome, plan = _searched(content, schedule, following)

    def end(tx: Transaction) -> bool:
        return end_search(tx, replace(draft, beat_at=real_now()), outcome, state, plan)

    store.write(end)


def _searched(content: DraftContent, schedule: Schedule, beat: _Beat) -> tuple[DraftState, DraftOutcome, str]:
    """Search for a plan.

    Return the draft's new state, the outcome, and the plan as JSON text (empty without a plan).
    """
    try:
        plan = _plan(content, schedule, beat)
    except PlanInfeasible as refusal:
        reasons, relaxations = list(refusal.reasons), [list(each) for each in refusal.relaxations]
        return DraftState.INFEASIBLE, DraftOutcome(f"{refusal.summary}.", reasons, relaxations), ""
    except OncallError as refusal:
        return DraftState.FAILED, DraftOutcome(reasons=str(refusal).splitlines()), ""
    return DraftState.READY, DraftOutcome(reasons=beat.said[:MOST_NOTES]), json_of(plan).decode()


def _plan(content: DraftContent, schedule: Schedule, beat: _Beat) -> Plan:
    asked = content.search
    assert asked is not None, "a draft that is being made has a search"
    roster = roster_of_publication(content.publication)
    made = make_plan(
        roster,
        asked.start,
        asked.start + timedelta(weeks=asked.weeks, days=-1),
        ContextSources(published=schedule if schedule.latest is not None else None),
        [relaxation_named(each) for each in asked.relax],
        options=SearchOptions(time_limit=timedelta(seconds=asked.seconds)),
        watch=PlanningWatch(say=beat.said.append, search=beat.hooks),
    )
    return made.plan


class _Beat:
    """Stores a heartbeat and the progress of the search every few seconds, in a separate thread.

    said: the messages of the search so far. The search stops when its draft is deleted.
    """

    def __init__(self, store: Store, draft: PlanDraft, real_now: Callable[[], datetime], every: timedelta) -> None:
        self.said: list[str] = []
        self._store, self._draft, self._real_now, self._every = store, draft, real_now, every
        self._progress, self._is_gone = "reading the roster", False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="draft-beat", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    @contextmanager
    def hooks(self) -> Iterator[SearchHooks]:
        """Yield the callbacks for one search."""
        yield SearchHooks(self._note, lambda: self._is_gone)

    def _note(self, progress: SearchProgress) -> None:
        self._progress = progress_text(progress)

    def _run(self) -> None:
        while True:
            # A database that is away does not end the search: its plan may still be stored.
            with suppress(StoreError):
                self._is_gone = not self._store.write(self._beat)
            if self._ended.wait(self._every.total_seconds()):
                return

    def _beat(self, tx: Transaction) -> bool:
        changed = replace(self._draft, beat_at=self._real_now(), progress=self._progress)
        return tx.change_plan_draft(changed, DraftState.MAKING)
