"""Plan drafts in the store: plans that a manager uploaded or had made, and that are not published yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class DraftState(StrEnum):
    """The state of a draft."""

    MAKING = "making"
    """A process searches for the plan."""
    READY = "ready"
    """The plan can be compared and published."""
    INFEASIBLE = "infeasible"
    """No plan keeps the rules."""
    FAILED = "failed"
    """There is no plan, because the search was cut short or the roster cannot be planned."""
    PUBLISHED = "published"


@dataclass(frozen=True, slots=True)
class PlanDraft:
    """A draft without its files.

    team: the team of its roster. by: the manager's id. created_at, beat_at: real time, aware UTC; a draft that is being
    made gets a new `beat_at` every few seconds. title: describes what it was made from. progress: how far the search
    has come. outcome: JSON, see `planning.plan_drafts.DraftOutcome`. revision: how often it changed.
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
        """Keep other transactions from changing the schedule and the list of drafts until this one ends."""

    def add_plan_draft(self, draft: PlanDraft, content: str) -> None:
        """Store a draft. content: its files and settings, JSON. Raises Conflict if the id is taken."""

    def plan_drafts(self) -> Sequence[PlanDraft]:
        """Return every draft, the newest first."""

    def plan_draft(self, draft_id: str) -> PlanDraft | None:
        """Return the draft with this id, or None."""

    def plan_draft_content(self, draft_id: str) -> str:
        """Return the content of a draft; an empty text if there is no such draft."""

    def change_plan_draft(self, draft: PlanDraft, was: DraftState, content: str | None = None) -> bool:
        """Store a changed draft with the next revision, and its content unless that is None.

        Returns False, and changes nothing, if the draft is gone or its stored state is not `was`.
        """

    def remove_plan_draft(self, draft_id: str) -> bool:
        """Delete a draft. Returns False if there is none."""
