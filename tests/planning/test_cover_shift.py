"""An engineer covers for another one without naming instants: now, or for a span, in every role that they hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from oncall.errors import NotFound, Refused
from oncall.planning.published.change_schedule import ChangeMade
from oncall.planning.published.cover_shift import Cover, cover_shift
from tests.planning.changes import MONDAY, holders, local, publish
from tests.planning.conftest import AUTHOR, ROSTER, MemorySchedule

NOW = local("2027-01-04T22:00")


@pytest.fixture
def published(store: MemorySchedule) -> MemorySchedule:
    publish(store)
    return store


def cover(store: MemorySchedule, engineer: str, by: str = "eve", at: datetime = NOW, **span: datetime) -> ChangeMade:
    return cover_shift(store, Cover(engineer, by, **span), replace(AUTHOR, by=by, at=at, reason="ana is ill"))


def test_a_cover_counts_from_now_to_the_end_of_the_running_shift(published: MemorySchedule) -> None:
    made = cover(published, "ana")
    assert (made.version.span.start, made.version.span.end) == (NOW, MONDAY.end)
    assert holders(published, NOW - timedelta(minutes=1)) == {"primary": "ana", "secondary": "ben"}
    assert holders(published, NOW) == {"primary": "eve", "secondary": "ben"}
    assert store_kinds(published) == ["publish", "cover"]


def store_kinds(store: MemorySchedule) -> list[str]:
    return [version.kind for version in store.versions]


def test_before_the_shift_the_next_one_is_covered(published: MemorySchedule) -> None:
    made = cover(published, "ana", at=local("2027-01-04T12:00"))
    assert made.version.span == MONDAY


@pytest.mark.parametrize("at", [NOW, local("2027-01-04T12:00")])
def test_the_same_cover_again_takes_no_other_shift(published: MemorySchedule, at: datetime) -> None:
    made = cover(published, "ana", at=at)
    with pytest.raises(Refused) as refused:
        cover(published, "ana", at=at + timedelta(minutes=1))
    begins = f"Mon 2027-01-04 {'22:00' if at == NOW else '19:01'} EST"
    assert str(refused.value) == (
        f"eve covers for ana already, from {begins} to Tue 2027-01-05 08:00 EST; name a span with --from to cover more"
    )
    assert len(published.versions) == 2
    cover(published, "ana", start=made.version.span.end)
    assert len(published.versions) == 3


@pytest.fixture
def rested(store: MemorySchedule) -> MemorySchedule:
    """A plan that keeps twelve hours between two shifts; cai and dee have Tuesday night."""
    publish(
        store, ROSTER + "rotation: {rest_nights: 0, weekends_apart: 1, min_rest_hours: 12, max_hours_per_week: 85}\n"
    )
    return store


def test_hours_of_rest_count_from_the_minute_at_which_a_cover_ends(rested: MemorySchedule) -> None:
    """Most of Monday night, and yet sixteen hours before Tuesday night, and 82 hours in the week and not 87."""
    cover(rested, "ana", by="cai", at=local("2027-01-04T19:30"), end=local("2027-01-05T03:00"))
    assert holders(rested, local("2027-01-05T02:59"))["primary"] == "cai"


def test_a_short_cover_shortly_before_a_shift_breaks_its_rest(rested: MemorySchedule) -> None:
    with pytest.raises(Refused) as refused:
        cover(rested, "ana", by="cai", start=local("2027-01-05T06:00"))
    assert "  min_rest_hours: cai has 11.02 hours between Tue 2027-01-05 (weeknight) and " in str(refused.value)
    assert len(rested.versions) == 1


def test_an_hour_that_another_engineer_covers_is_no_rest_between_two_shifts(rested: MemorySchedule) -> None:
    cover(rested, "ana", by="eve", start=local("2027-01-04T22:00"), end=local("2027-01-04T23:00"))
    cover(rested, "dee", by="ana", start=local("2027-01-05T20:30"), end=local("2027-01-05T23:00"))
    assert holders(rested, local("2027-01-05T21:00"))["secondary"] == "ana"


def test_after_the_covered_shift_the_next_one_is_covered(published: MemorySchedule) -> None:
    cover(published, "ana")
    cover(published, "ana", at=MONDAY.end)
    assert holders(published, local("2027-01-07T20:00"))["primary"] == "eve"


def test_a_span_covers_each_shift_and_role_in_it(published: MemorySchedule) -> None:
    cover(published, "ana", at=local("2027-01-04T12:00"), end=local("2027-01-09T00:00"))
    assert holders(published, MONDAY.start)["primary"] == "eve"
    assert holders(published, local("2027-01-07T20:00")) == {"primary": "eve", "secondary": "ben"}


def test_a_span_that_has_begun_counts_from_now(published: MemorySchedule) -> None:
    made = cover(published, "ana", start=MONDAY.start, end=local("2027-01-05T02:00"))
    assert (made.version.span.start, made.version.span.end) == (NOW, local("2027-01-05T02:00"))


@pytest.mark.parametrize(
    ("engineer", "by", "start", "end", "error", "message"),
    [
        ("ana", "ana", None, None, Refused, "ana cannot cover for ana; name another engineer with --by"),
        ("anna", "eve", None, None, NotFound, 'there is no "anna" on the published roster; did you mean "ana"?'),
        ("ana", "evee", None, None, NotFound, 'there is no "evee" on the published roster; did you mean "eve"?'),
        ("ana", "eve", None, "2027-01-04T21:00", Refused,
         "Mon 2027-01-04 21:00 EST is over; a cover changes what is to come"),
        ("ana", "eve", "2027-01-07T21:00", "2027-01-07T20:00", Refused,
         "the cover would end at Thu 2027-01-07 20:00 EST, before it starts at Thu 2027-01-07 21:00 EST"),
        ("cai", "eve", None, "2027-01-05T02:00", Refused,
         "cai is not on call from Mon 2027-01-04 22:00 EST to Tue 2027-01-05 02:00 EST; the next shift of cai begins "
         "at Tue 2027-01-05 19:01 EST"),
        ("ana", "eve", "2027-02-04T21:00", None, Refused,
         "ana has no shift after Thu 2027-02-04 21:00 EST in the published schedule"),
        ("ana", "ben", None, None, Refused,
         "ben is secondary from Mon 2027-01-04 19:01 EST to Tue 2027-01-05 08:00 EST, and nobody holds two roles at "
         "once; put another person on for secondary first"),
    ],
)  # fmt: skip
def test_a_cover_that_cannot_be_made_says_why(
    published: MemorySchedule,
    engineer: str,
    by: str,
    start: str | None,
    end: str | None,
    error: type[Exception],
    message: str,
) -> None:
    span = {name: local(text) for name, text in (("start", start), ("end", end)) if text is not None}
    with pytest.raises(error) as refused:
        cover(published, engineer, by, **span)
    assert str(refused.value) == message
    assert len(published.versions) == 1
