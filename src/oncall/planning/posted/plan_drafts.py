"""Plan drafts: stores, lists, publishes and discards them. A draft changes nothing until it is published."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Protocol

from oncall.errors import NotFound, Refused
from oncall.paging.ports.plan_drafts import DraftState, PlanDraft, PlanDrafts
from oncall.planning.posted.carry_out import Actor, Published, PublishTransaction, carry_out_publication
from oncall.planning.published.publish_plan import PublishablePlan, gaps_from
from oncall.schedule.gaps import gap_sentence

MOST_DRAFTS = 20
LOST_AFTER = timedelta(seconds=60)
"""How long (real time) a search may send no heartbeat before it counts as failed."""
LOST = "The search ended before it had a plan, because its process or the server stopped. Start it again."
STOPPED = "The server was stopped while this plan was made. Start it again."
NO_DRAFT = "there is no such draft; it may have been discarded"
_ID = re.compile(r"[a-z0-9-]{8,40}")


@dataclass(frozen=True, slots=True)
class SearchAsked:
    """A request for a search in the background. start: the first date. weeks: how many weeks to plan.

    seconds: the most real time. relax: ids of relaxations, in the form of `generate --relax`.
    """

    start: date
    weeks: int
    seconds: int
    relax: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DraftContent:
    """The files of a draft. publication: in the form of the API; its plan is empty until the search has found one.

    search: the request for the search; None for a plan that was uploaded.
    """

    publication: Mapping[str, object]
    search: SearchAsked | None = None

    def text(self) -> str:
        """Return the content as JSON."""
        asked = self.search
        search = None if asked is None else {**asdict(asked), "start": asked.start.isoformat()}
        return json.dumps({"publication": dict(self.publication), "search": search})


@dataclass(frozen=True, slots=True)
class DraftOutcome:
    """How a search or a publication ended. words: a sentence. reasons: the rules and dates that exclude each other.

    relaxations: sets of relaxations; each set makes a plan possible. version: the version of the schedule, once the
    draft is published.
    """

    words: str = ""
    reasons: Sequence[str] = ()
    relaxations: Sequence[Sequence[str]] = ()
    version: int | None = None

    def text(self) -> str:
        """Return the outcome as JSON."""
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class NewDraft:
    """A draft that a manager asks for. id: chosen by the form, so that a form that is sent twice makes one draft."""

    id: str
    team: str
    title: str
    content: DraftContent
    by: str

    @property
    def state(self) -> DraftState:
        """Return the first state of the draft: MAKING if it needs a search, else READY."""
        return DraftState.MAKING if self.content.search is not None else DraftState.READY


class DraftPublishing(PlanDrafts, PublishTransaction, Protocol):
    """The database queries for reading, storing and publishing drafts."""


def keep_draft(tx: PlanDrafts, new: NewDraft, real_now: datetime) -> bool:
    """Store a draft. Returns False, and stores nothing, if its id is already stored.

    Raises Refused if there are too many drafts, or if it asks for a search while another search runs.
    """
    if not _ID.fullmatch(new.id):
        raise Refused("this form has no id of its own; open the page of the drafts again and send the form from there")
    tx.lock_schedule()
    if tx.plan_draft(new.id) is not None:
        return False
    kept = [as_of(draft, real_now) for draft in tx.plan_drafts()]
    running = next((draft for draft in kept if draft.state is DraftState.MAKING), None)
    if new.state is DraftState.MAKING and running is not None:
        raise Refused(
            f"one plan is made at a time, and {running.by} has started one ({running.title}); "
            "wait until it is made, or discard it. Nothing was started",
            on_page=f"one plan is made at a time, and another one is being made ({running.title}); "
            "wait until it is made, or discard it. Nothing was started",
        )
    _make_room(tx, kept)
    made = PlanDraft(new.id, new.team, new.state, new.by, real_now, real_now, new.title)
    tx.add_plan_draft(made, new.content.text())
    return True


def _make_room(tx: PlanDrafts, kept: Sequence[PlanDraft]) -> None:
    """Delete the oldest published draft if the list is full. Raises Refused if it is full and none is published."""
    if len(kept) < MOST_DRAFTS:
        return
    done = [draft for draft in kept if draft.state is DraftState.PUBLISHED]
    if not done:
        raise Refused(f"{MOST_DRAFTS} drafts are kept already; discard one, then send this again. Nothing was stored")
    tx.remove_plan_draft(done[-1].id)


def draft_named(tx: PlanDrafts, draft_id: str, real_now: datetime) -> PlanDraft:
    """Return a draft in its state at `real_now`. Raises NotFound for an unknown draft."""
    draft = tx.plan_draft(draft_id[:60])
    if draft is None:
        raise NotFound(NO_DRAFT)
    return as_of(draft, real_now)


def drafts_now(tx: PlanDrafts, real_now: datetime) -> list[PlanDraft]:
    """Return every draft in its state at `real_now`, the newest first."""
    return [as_of(draft, real_now) for draft in tx.plan_drafts()]


def as_of(draft: PlanDraft, real_now: datetime) -> PlanDraft:
    """Return the draft, marked as failed if its search has sent no heartbeat for too long."""
    if draft.state is not DraftState.MAKING or real_now - draft.beat_at <= LOST_AFTER:
        return draft
    return replace(draft, state=DraftState.FAILED, outcome=DraftOutcome(LOST).text())


def content_of(tx: PlanDrafts, draft_id: str) -> DraftContent:
    """Return the files of a stored draft. Raises NotFound for an unknown draft."""
    text = tx.plan_draft_content(draft_id)
    if not text:
        raise NotFound(NO_DRAFT)
    found = json.loads(text)
    search = found["search"]
    if search is not None:
        start, relax = date.fromisoformat(search["start"]), tuple(search["relax"])
        search = SearchAsked(start, search["weeks"], search["seconds"], relax)
    return DraftContent(found["publication"], search)


def outcome_of(draft: PlanDraft) -> DraftOutcome:
    """Return how the search or the publication of a draft ended. It is empty as long as neither has ended."""
    return DraftOutcome(**json.loads(draft.outcome))


def end_search(tx: PlanDrafts, draft: PlanDraft, outcome: DraftOutcome, state: DraftState, plan: str = "") -> bool:
    """Store the result of a search. plan: the JSON text of the plan, if one was found.

    Returns False, and changes nothing, if the draft's state is not MAKING.
    """
    changed = replace(draft, state=state, outcome=outcome.text(), progress="")
    content = None
    if state is DraftState.READY:
        kept = content_of(tx, draft.id)
        content = replace(kept, publication={**kept.publication, "plan": plan}).text()
    return tx.change_plan_draft(changed, DraftState.MAKING, content)


def discard_draft(tx: PlanDrafts, draft_id: str) -> None:
    """Delete a draft, and end its search if one is running. The schedule does not change.

    Raises NotFound for an unknown draft.
    """
    if not tx.remove_plan_draft(draft_id[:60]):
        raise NotFound(NO_DRAFT)


def publish_draft(tx: DraftPublishing, draft_id: str, sound: PublishablePlan, reason: str, actor: Actor) -> Published:
    """Publish a draft whose plan was checked, and tell the people concerned.

    Raises the errors of `carry_out_publication`, and Refused for a draft that is already published or has no plan.
    """
    tx.lock_schedule()
    draft = draft_named(tx, draft_id, actor.context.real_now)
    refuse_unready(draft)
    published = carry_out_publication(tx, sound, reason, actor)
    outcome = DraftOutcome(reasons=_told_of(published, actor.context.now), version=published.made.number)
    tx.change_plan_draft(replace(draft, state=DraftState.PUBLISHED, outcome=outcome.text()), DraftState.READY)
    return published


def _told_of(published: Published, now: datetime) -> list[str]:
    """Return the sentences about a publication for the manager: warnings, gaps, and who gets an SMS."""
    after = published.made.after
    gaps = [gap_sentence(gap, after.calendar.zone) for gap in gaps_from(after, now)]
    told = [f"Told by SMS: {', '.join(map(after.name_of, published.told))}."] if published.told else []
    return [*published.warnings, *gaps, *told]


def refuse_unready(draft: PlanDraft) -> None:
    """Raise Refused for a draft that is already published or has no plan."""
    if draft.state is DraftState.PUBLISHED:
        raise Refused(f"this draft is published already, as version {outcome_of(draft).version}; nothing was changed")
    if draft.state is not DraftState.READY:
        raise Refused("this draft has no plan yet; nothing was changed")
