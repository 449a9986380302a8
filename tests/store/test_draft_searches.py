"""Searches for the plan of a draft, in this process, on each database."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import pytest

from oncall.errors import Refused
from oncall.paging.ports.plan_drafts import DraftState, PlanDraft
from oncall.planning.posted.make_draft import make_draft
from oncall.planning.posted.plan_drafts import (
    LOST,
    LOST_AFTER,
    MOST_DRAFTS,
    DraftContent,
    DraftOutcome,
    NewDraft,
    SearchAsked,
    content_of,
    discard_draft,
    draft_named,
    drafts_now,
    end_search,
    keep_draft,
    outcome_of,
)
from oncall.planning.posted.posted_publication import publication_from
from oncall.planning.posted.uploaded_files import UploadedFile, publication_of
from oncall.store.sql_store import SqlStore
from tests.planning.conftest import ROSTER, roster_of

from .examples import NOW

FEW = "\n".join(ROSTER.splitlines()[:5]) + "\nrotation: {rest_nights: 1}\n"
"""Two people for two roles, who must rest a night: no plan exists."""
WEEK = SearchAsked(date(2027, 4, 5), 1, 30)


@dataclass
class Searches:
    store: SqlStore
    now: datetime = NOW

    def keep(self, name: str = "draft-one", search: SearchAsked | None = WEEK, roster: str = ROSTER) -> bool:
        content = DraftContent(publication_of(roster_of(roster), UploadedFile("plan.json", "")), search)
        new = NewDraft(name, "night-owls", "1 week", content, "mei")
        return self.store.write(lambda tx: keep_draft(tx, new, self.now))

    def make(self, name: str = "draft-one") -> None:
        make_draft(self.store, name, lambda: self.now, beat=timedelta(milliseconds=20))

    def draft(self, name: str = "draft-one") -> PlanDraft:
        return self.store.read(lambda tx: draft_named(tx, name, self.now))


@pytest.fixture
def searches(store: SqlStore) -> Searches:
    return Searches(store)


def test_a_search_stores_a_plan_that_can_be_published(searches: Searches) -> None:
    assert searches.keep()
    searches.make()
    draft = searches.draft()
    assert (draft.state, draft.progress) == (DraftState.READY, "")
    content = searches.store.read(lambda tx: content_of(tx, "draft-one"))
    plan = publication_from(content.publication).named.plan
    assert (plan.first_day, plan.last_day, plan.status) == (date(2027, 4, 5), date(2027, 4, 11), "optimal")
    # The same process started twice changes nothing any more.
    searches.make()
    assert searches.draft() == draft


def test_a_search_without_a_plan_names_the_rules_the_dates_and_what_to_relax(searches: Searches) -> None:
    searches.keep(roster=FEW)
    searches.make()
    draft, outcome = searches.draft(), outcome_of(searches.draft())
    assert draft.state is DraftState.INFEASIBLE
    assert "no plan" in outcome.words
    assert any("2027-04" in line and "rest_nights" in line for line in outcome.reasons)
    relax = outcome.relaxations[0]
    assert relax[0].startswith("rest_nights=0@2027-04")
    searches.keep("draft-two", replace(WEEK, relax=tuple(relax)), FEW)
    searches.make("draft-two")
    assert searches.draft("draft-two").state is DraftState.READY


def test_a_roster_that_cannot_be_planned_says_why(searches: Searches) -> None:
    searches.keep(search=replace(WEEK, relax=("nonsense",)))
    searches.make()
    assert searches.draft().state is DraftState.FAILED
    assert "nonsense" in " ".join(outcome_of(searches.draft()).reasons)


def test_a_discarded_draft_stores_nothing_any_more(searches: Searches) -> None:
    searches.keep()
    searches.store.write(lambda tx: discard_draft(tx, "draft-one"))
    searches.make()
    assert searches.store.read(lambda tx: tx.plan_drafts()) == []


def test_one_plan_is_made_at_a_time_until_its_search_is_lost(searches: Searches) -> None:
    searches.keep()
    assert not searches.keep(), "the same form sent twice"
    with pytest.raises(Refused, match=r"^one plan is made at a time, and mei has started one \(1 week\);"):
        searches.keep("draft-two")
    searches.now += LOST_AFTER + timedelta(seconds=1)
    assert (searches.draft().state, outcome_of(searches.draft()).words) == (DraftState.FAILED, LOST)
    assert searches.keep("draft-two")


def test_the_list_has_an_end_and_makes_room_for_published_drafts_alone(searches: Searches) -> None:
    for number in range(MOST_DRAFTS):
        searches.now += timedelta(seconds=1)
        searches.keep(f"draft-{number:03}", search=None)
    with pytest.raises(Refused, match=r"^20 drafts are kept already; discard one, then send this again\."):
        searches.keep("draft-more", search=None)
    done = replace(searches.draft("draft-003"), state=DraftState.PUBLISHED)
    searches.store.write(lambda tx: tx.change_plan_draft(done, DraftState.READY))
    assert searches.keep("draft-more", search=None)
    kept = [each.id for each in searches.store.read(lambda tx: drafts_now(tx, searches.now))]
    assert ("draft-003" in kept, "draft-002" in kept, len(kept)) == (False, True, MOST_DRAFTS)


def test_an_outcome_is_stored_once(searches: Searches) -> None:
    searches.keep()
    draft = searches.draft()
    ends = [
        searches.store.write(lambda tx: end_search(tx, draft, DraftOutcome("over"), DraftState.FAILED))
        for _ in range(2)
    ]
    assert ends == [True, False]
    assert json.loads(searches.draft().outcome)["words"] == "over"
