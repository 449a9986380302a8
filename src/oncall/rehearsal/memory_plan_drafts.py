"""Plan drafts in memory, for the store of a rehearsal, in which no manager drafts a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oncall.errors import Conflict
from oncall.paging.ports.plan_drafts import DraftState, PlanDraft


class PlanDraftBook:
    """Stores drafts by id, with their files and settings. A base class of the memory store."""

    _plan_drafts: dict[str, tuple[PlanDraft, str]]

    def add_plan_draft(self, draft: PlanDraft, content: str) -> None:
        """Store a draft. content: its files and settings, as JSON. Raises Conflict if the id is already stored."""
        if draft.id in self._plan_drafts:
            raise Conflict("plan draft: it is stored already")
        self._plan_drafts[draft.id] = (draft, content)

    def plan_drafts(self) -> Sequence[PlanDraft]:
        """Return every draft, the newest first."""
        found = sorted((draft for draft, _ in self._plan_drafts.values()), key=lambda draft: draft.id)
        return sorted(found, key=lambda draft: draft.created_at, reverse=True)

    def plan_draft(self, draft_id: str) -> PlanDraft | None:
        """Return the draft with this id; None if there is none."""
        kept = self._plan_drafts.get(draft_id)
        return kept[0] if kept is not None else None

    def plan_draft_content(self, draft_id: str) -> str:
        """Return the files and settings of a draft, as JSON; an empty text if there is no such draft."""
        kept = self._plan_drafts.get(draft_id)
        return kept[1] if kept is not None else ""

    def change_plan_draft(self, draft: PlanDraft, was: DraftState, content: str | None = None) -> bool:
        """Store a changed draft under the next revision. content: its new content; None leaves the stored content.

        Returns False, and changes nothing, if the draft was deleted or its stored state is not `was`.
        """
        kept = self._plan_drafts.get(draft.id)
        if kept is None or kept[0].state is not was:
            return False
        changed = replace(draft, revision=kept[0].revision + 1)
        self._plan_drafts[draft.id] = (changed, kept[1] if content is None else content)
        return True

    def remove_plan_draft(self, draft_id: str) -> bool:
        """Delete a draft. Returns False if there is none with this id."""
        return self._plan_drafts.pop(draft_id, None) is not None
