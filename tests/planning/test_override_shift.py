"""An override puts a person on call, from now on where its span has begun, and says what the roster has against it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from oncall.errors import NotFound, Refused
from oncall.planning.context_sources import NamedPlan
from oncall.planning.override_shift import override_shift
from oncall.planning.publish_plan import check_for_publication, publish_plan
from oncall.planning.views.version_views import override_view
from oncall.rosters.roster import Roster
from tests.planning.conftest import AUTHOR, ROSTER, MemorySchedule, roster_of

START, END = datetime(2027, 1, 5, 0, 1, tzinfo=UTC), datetime(2027, 1, 5, 13, 0, tzinfo=UTC)


@pytest.fixture
def published(store: MemorySchedule, roster: Roster, plan: NamedPlan) -> MemorySchedule:
    publish_plan(store, check_for_publication(plan, roster, None), AUTHOR)
    return store


def test_the_person_is_on_call_and_the_change_names_both(published: MemorySchedule) -> None:
    made = override_shift(published, "cai", "primary", start=START, end=END, author=AUTHOR)
    assert made.version.after.who(START).roles["primary"].engineer == "cai"
    view = override_view(made)
    assert isinstance(view["changes"], list)
    assert [change["engineer"] for change in view["changes"]] == ["ana", "cai"]


def test_an_override_that_has_begun_counts_from_now(published: MemorySchedule) -> None:
    now = datetime(2027, 1, 5, 3, 0, 0, 250, tzinfo=UTC)
    made = override_shift(published, "cai", "primary", start=START, end=END, author=replace(AUTHOR, at=now))
    assert made.version.span.start == datetime(2027, 1, 5, 3, 0, tzinfo=UTC)


def test_what_the_roster_has_against_it_is_a_warning(store: MemorySchedule, plan: NamedPlan) -> None:
    away = roster_of(
        ROSTER.replace('"+13055550103"}', '"+13055550103", unavailable: [{from: 2027-01-04, to: 2027-01-04}]}')
    )
    publish_plan(store, check_for_publication(plan, away, None), AUTHOR)
    made = override_shift(store, "dee", "primary", start=START, end=END, author=AUTHOR)
    assert made.warnings == ("dee is away on 2027-01-04",)


def test_an_unknown_person_or_a_time_that_is_over_is_refused(published: MemorySchedule) -> None:
    with pytest.raises(NotFound, match="zoe"):
        override_shift(published, "zoe", "primary", start=START, end=END, author=AUTHOR)
    later = replace(AUTHOR, at=datetime(2027, 2, 1, tzinfo=UTC))
    with pytest.raises(Refused, match="is over; an override changes what is to come"):
        override_shift(published, "cai", "primary", start=START, end=END, author=later)
    assert len(published.versions) == 1
