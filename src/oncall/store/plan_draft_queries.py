"""Queries for plan drafts, in one open transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import bindparam, delete, insert, select, update

from oncall.paging.ports.plan_drafts import DraftState, PlanDraft
from oncall.store.rows import Row
from oncall.store.statements import Statements
from oncall.store.tables import plan_drafts

_TABLE = plan_drafts.c
# The content of one draft may have megabytes, so that no listing reads it.
_COLUMNS = [column for column in _TABLE if column is not _TABLE.content]
_ALL = select(*_COLUMNS).order_by(_TABLE.created_at.desc(), _TABLE.id)
_ONE = select(*_COLUMNS).where(_TABLE.id == bindparam("wanted"))
_CONTENT = select(_TABLE.content).where(_TABLE.id == bindparam("wanted"))
_REMOVE = delete(plan_drafts).where(_TABLE.id == bindparam("wanted"))


class PlanDraftQueries(Statements):
    """The queries for plan drafts."""

    def add_plan_draft(self, draft: PlanDraft, content: str) -> None:
        """Store a draft. content: its files and settings, as JSON. Raises Conflict if the id is already stored."""
        row = {**asdict(draft), "state": draft.state.value, "content": content}
        self._change(insert(plan_drafts), row, subject="plan draft")

    def plan_drafts(self) -> Sequence[PlanDraft]:
        """Return every draft, the newest first."""
        return [_draft(tuple(row)) for row in self._run(_ALL)]

    def plan_draft(self, draft_id: str) -> PlanDraft | None:
        """Return the draft with this id; None if there is none."""
        row = self._run(_ONE, {"wanted": draft_id}).one_or_none()
        return None if row is None else _draft(tuple(row))

    def plan_draft_content(self, draft_id: str) -> str:
        """Return the files and settings of a draft, as JSON; an empty text if there is no such draft."""
        return str(self._run(_CONTENT, {"wanted": draft_id}).scalar_one_or_none() or "")

    def change_plan_draft(self, draft: PlanDraft, was: DraftState, content: str | None = None) -> bool:
        """Store a changed draft under the next revision. content: the new content; None keeps the stored one.

        Returns False, and changes nothing, if the draft was deleted or its stored state is not `was`.
        """
        values: dict[str, object] = {
            "state": draft.state.value,
            "beat_at": draft.beat_at,
            "progress": draft.progress,
            "outcome": draft.outcome,
            "revision": _TABLE.revision + 1,
        }
        if content is not None:
            values["content"] = content
        statement = update(plan_drafts).where(_TABLE.id == draft.id, _TABLE.state == was.value).values(values)
        return self._run(statement).rowcount == 1

    def remove_plan_draft(self, draft_id: str) -> bool:
        """Delete a draft. Returns False if there is none with this id."""
        return self._run(_REMOVE, {"wanted": draft_id}).rowcount == 1


def _draft(row: Row) -> PlanDraft:
    name, team, state, *others = row
    return PlanDraft(name, team, DraftState(state), *others)
