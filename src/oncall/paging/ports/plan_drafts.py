"""Stored plan drafts: plans that a manager uploaded or had generated, and that are not published yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class DraftState(StrEnum):
    """The state of a draft."""

    MAKING = "making"
    """A process is generating the plan."""
    READY = "ready"
    """The plan can be compared and published."""
    INFEASIBLE = "infeasible"
    """No plan can keep the hard rules."""
    FAILED = "failed"
    """There is no plan, because the search was cut short or because the roster cannot be planned."""
    PUBLISHED = "published"


@dataclass(frozen=True, slots=True)
class PlanDraft:
    """A plan draft without its files.

    team: the team of its roster. by: the manager's id. created_at, beat_at: real time, aware UTC; while a plan is being
    generated, `beat_at` is renewed every few seconds. title: describes the input of the draft. progress: how far the
    search is. outcome: JSON, see `planning.plan_drafts.DraftOutcome`. revision: how often the draft changed.
    """

    id: str
    team: str
    state: DraftState
    by: str
    created_at: datetime
    beat_at: datetime
    title: str
    progress: str = ""
    outcome: str = "{}"
    revision: int = 0


class PlanDrafts(Protocol):
    """Stores plan drafts."""

    def lock_schedule(self) -> None:
        """Block changes of the schedule and of the list of drafts by other transactions until this one ends."""

    def add_plan_draft(self, draft: PlanDraft, content: str) -> None:
        """Store a draft. content: its files and settings, as JSON. Raises Conflict if the id is already stored."""

    def plan_drafts(self) -> Sequence[PlanDraft]:
        """Return every draft, the newest first."""

    def plan_draft(self, draft_id: str) -> PlanDraft | None:
        """Return the draft with this id; None if there is none."""

    def plan_draft_content(self, draft_id: str) -> str:
        """Return the files and settings of a draft, as JSON; an empty text if there is no such draft."""

    def change_plan_draft(self, draft: PlanDraft, was: DraftState, content: str | None = None) -> bool:
        """Store a changed draft under the next revision. content: the new content; None keeps the stored one.

        Returns False, and changes nothing, if the draft was deleted or its stored state is not `was`.
        """

    def remove_plan_draft(self, draft_id: str) -> bool:
        """Delete a draft. Returns False if there is none with this id."""
