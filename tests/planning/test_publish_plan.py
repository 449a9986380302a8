"""Publish a plan that keeps the rules, with its roster and policy texts, and list each person's changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from oncall.errors import Refused
from oncall.planning.posted.carry_out import Published
from oncall.planning.published.publish_plan import check_for_publication, gaps_from, publish_plan
from oncall.planning.sources.context_sources import NamedPlan
from oncall.planning.views.version_views import publication_view
from oncall.rosters.roster import SHADOW, Roster
from oncall.support.policy_file import policy_from_text
from tests.planning.conftest import AUTHOR, LAST, ROSTER, MemorySchedule, in_turn


def test_a_publication_keeps_the_texts_it_came_from(store: MemorySchedule, roster: Roster, plan: NamedPlan) -> None:
    made = publish_plan(store, check_for_publication(plan, roster, None), AUTHOR)
    assert made.number == 1
    assert store.versions[0].sources["roster"] == ROSTER
    assert store.versions[0].sources["policy"] == roster.policy.text
    assert store.policy() == roster.policy


def test_the_first_publication_changes_shifts_and_no_promise(
    store: MemorySchedule, roster: Roster, plan: NamedPlan
) -> None:
    sound = check_for_publication(plan, roster, None)
    made = publish_plan(store, sound, AUTHOR)
    assert [change.engineer for change in made.changes()] == ["ana", "ben", "cai", "dee", "eve", "fay"]
    assert made.policy_changes() == []
    assert publication_view(Published(sound, made, (), ()), AUTHOR.at)["seats"] == 20


def test_a_newcomers_shadow_seats_are_counted_apart(store: MemorySchedule, roster: Roster, plan: NamedPlan) -> None:
    sound = check_for_publication(plan, roster, None)
    shadow = replace(sound.plan.seats[0], role=SHADOW, engineer="fay")
    sound = replace(sound, plan=replace(sound.plan, seats=(shadow, *sound.plan.seats)))
    view = publication_view(Published(sound, publish_plan(store, sound, AUTHOR), (), ()), AUTHOR.at)
    assert (view["seats"], view["shadow_seats"]) == (20, 1)


def test_the_same_plan_again_changes_nothing(store: MemorySchedule, roster: Roster, plan: NamedPlan) -> None:
    publish_plan(store, check_for_publication(plan, roster, None), AUTHOR)
    again = publish_plan(store, check_for_publication(plan, roster, store.schedule()), AUTHOR)
    assert (again.number, again.changes(), again.policy_changes()) == (2, [], [])


def test_a_new_policy_is_told_in_sentences(store: MemorySchedule, roster: Roster, plan: NamedPlan) -> None:
    publish_plan(store, check_for_publication(plan, roster, None), AUTHOR)
    text = roster.policy.text.replace("after: 5m", "after: 2m")
    quicker = replace(roster, policy=policy_from_text(text, "quick.policy.yaml", roster.policy.zone))
    made = publish_plan(store, check_for_publication(plan, quicker, store.schedule()), AUTHOR)
    assert made.changes() == []
    assert len(made.policy_changes()) > 0


def test_a_plan_that_tires_the_people_of_the_published_one_is_refused(
    store: MemorySchedule, roster: Roster, plan: NamedPlan
) -> None:
    publish_plan(store, check_for_publication(plan, roster, None), AUTHOR)
    last = plan.plan.seats[-1]
    after = in_turn(roster, LAST + timedelta(days=1), LAST + timedelta(days=7))
    seats = (replace(after.seats[0], engineer=last.engineer), *after.seats[1:])
    with pytest.raises(Refused, match=r"next.csv does not keep the rules of night-owls.yaml; nothing was published\n"):
        check_for_publication(NamedPlan("next.csv", replace(after, seats=seats)), roster, store.schedule())


def test_another_teams_schedule_is_not_replaced(store: MemorySchedule, roster: Roster, plan: NamedPlan) -> None:
    publish_plan(store, check_for_publication(plan, roster, None), AUTHOR)
    birds = replace(roster, team="day-birds")
    theirs = NamedPlan("theirs.csv", replace(plan.plan, team="day-birds"))
    sound = check_for_publication(theirs, birds, store.schedule())
    with pytest.raises(Refused, match="this database holds the schedule of night-owls, and the plan is of day-birds"):
        publish_plan(store, sound, AUTHOR)
    assert len(store.versions) == 1


def test_gaps_are_found_from_now_to_the_end_of_what_is_published(
    store: MemorySchedule, roster: Roster, plan: NamedPlan
) -> None:
    made = publish_plan(store, check_for_publication(plan, roster, None), AUTHOR)
    assert gaps_from(made.after, AUTHOR.at) == []
    assert gaps_from(made.after, datetime(2028, 1, 1, tzinfo=UTC)) == []
