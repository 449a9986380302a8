"""An override puts a person on call, from now on where its span has begun, unless it breaks a rule of the roster."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from oncall.errors import NotFound, Refused
from oncall.planning.posted.carry_out import CarriedOut
from oncall.planning.published.change_schedule import ChangeMade, ChangeTerms
from oncall.planning.published.override_shift import override_shift
from oncall.planning.published.publish_plan import check_for_publication, publish_plan
from oncall.planning.sources.context_sources import NamedPlan
from oncall.planning.views.version_views import change_view
from oncall.rosters.roster import Roster
from tests.planning.conftest import AUTHOR, ROSTER, MemorySchedule, roster_of

START, END = datetime(2027, 1, 5, 0, 1, tzinfo=UTC), datetime(2027, 1, 5, 13, 0, tzinfo=UTC)


def forced(store: MemorySchedule, engineer: str, start: datetime = START, end: datetime = END) -> ChangeMade:
    """Put an engineer on as primary, whatever rules that breaks."""
    terms = ChangeTerms(is_forced=True)
    return override_shift(store, engineer, "primary", start=start, end=end, author=AUTHOR, terms=terms)


def of_days_off(made: ChangeMade) -> tuple[str, ...]:
    """The warnings about days off; the others are about rest."""
    return tuple(each.sentence for each in made.broken if each.rule == "unavailable")


@pytest.fixture
def published(store: MemorySchedule, roster: Roster, plan: NamedPlan) -> MemorySchedule:
    publish_plan(store, check_for_publication(plan, roster, None), AUTHOR)
    return store


def test_the_person_is_on_call_and_the_change_names_both(published: MemorySchedule) -> None:
    made = forced(published, "cai")
    assert made.version.after.who(START).roles["primary"].engineer == "cai"
    view = change_view(CarriedOut(made, ()), AUTHOR.at)
    assert isinstance(view["changes"], list)
    assert [change["engineer"] for change in view["changes"]] == ["ana", "cai"]


def test_an_override_that_has_begun_counts_from_now(published: MemorySchedule) -> None:
    now = datetime(2027, 1, 5, 3, 0, 0, 250, tzinfo=UTC)
    made = override_shift(
        published,
        "cai",
        "primary",
        start=START,
        end=END,
        author=replace(AUTHOR, at=now),
        terms=ChangeTerms(is_forced=True),
    )
    assert made.version.span.start == datetime(2027, 1, 5, 3, 0, tzinfo=UTC)


def test_a_rule_that_it_breaks_is_named_and_forcing_it_leaves_a_warning(store: MemorySchedule, plan: NamedPlan) -> None:
    away = roster_of(
        ROSTER.replace('"+13055550103"}', '"+13055550103", unavailable: [{from: 2027-01-04, to: 2027-01-04}]}')
    )
    publish_plan(store, check_for_publication(plan, away, None), AUTHOR)
    with pytest.raises(Refused) as refusal:
        override_shift(store, "dee", "primary", start=START, end=END, author=AUTHOR)
    assert "  unavailable: dee is away on 2027-01-04\n" in str(refusal.value)
    assert len(store.versions) == 1
    assert "unavailable: dee is away on 2027-01-04" in forced(store, "dee").warnings


@pytest.mark.parametrize(
    ("rules", "dates", "warnings"),
    [
        ("", "{from: 2027-01-05, to: 2027-01-05}", ("fay is away on 2027-01-05",)),
        ("rotation: {days_off: evenings}\n", "{from: 2027-01-05, to: 2027-01-05}", ()),
        ("", "{every: tuesdays, to: 2027-01-10, reason: exam}", ("fay is away every Tuesday to 2027-01-10: exam",)),
        ("", "{from: 2027-01-05T08:00, to: 2027-01-05}", ()),
        (
            "",
            "{from: 2027-01-05T07:59, to: 2027-01-05T12:00}",
            ("fay is away from 2027-01-05 07:59 to 2027-01-05 12:00",),
        ),
    ],
)
def test_an_override_that_ends_on_the_morning_of_a_day_off_has_a_warning_unless_only_evenings_count(
    store: MemorySchedule, plan: NamedPlan, rules: str, dates: str, warnings: tuple[str, ...]
) -> None:
    away = ROSTER.replace('"+13055550105"}', f'"+13055550105", unavailable: [{dates}]}}') + rules
    publish_plan(store, check_for_publication(plan, roster_of(away), None), AUTHOR)
    assert of_days_off(forced(store, "fay")) == warnings


def test_an_override_that_ends_at_midnight_does_not_touch_the_day_off_after_it(
    store: MemorySchedule, plan: NamedPlan
) -> None:
    away = ROSTER.replace('"+13055550105"}', '"+13055550105", unavailable: [{from: 2027-01-05, to: 2027-01-05}]}')
    publish_plan(store, check_for_publication(plan, roster_of(away), None), AUTHOR)
    midnight = datetime(2027, 1, 5, 5, 0, tzinfo=UTC)
    assert of_days_off(forced(store, "fay", end=midnight)) == ()


def test_a_publication_of_an_earlier_program_is_judged_by_its_evenings(store: MemorySchedule, plan: NamedPlan) -> None:
    away = ROSTER.replace('"+13055550105"}', '"+13055550105", unavailable: [{from: 2027-01-05, to: 2027-01-05}]}')
    publish_plan(store, check_for_publication(plan, roster_of(away), None), AUTHOR)
    [version] = store.versions
    for person in cast(list[dict[str, Any]], version.document["people"]):
        if person["id"] == "fay":
            del person["availability"]["days_off"], person["availability"]["zone"]
    assert of_days_off(forced(store, "fay")) == ()


def test_an_unknown_person_or_a_time_that_is_over_is_refused(published: MemorySchedule) -> None:
    with pytest.raises(NotFound, match="zoe"):
        override_shift(published, "zoe", "primary", start=START, end=END, author=AUTHOR)
    later = replace(AUTHOR, at=datetime(2027, 2, 1, tzinfo=UTC))
    with pytest.raises(Refused, match="is over; an override changes what is to come"):
        override_shift(published, "cai", "primary", start=START, end=END, author=later)
    assert len(published.versions) == 1
