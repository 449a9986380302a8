"""A schedule built for one window gives the same answers there as the whole schedule."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.schedule.version_document import schedule_from_rows
from oncall.support.calendar import calendar_of
from oncall.support.windows import Window

from .conftest import PEOPLE, ROLES, Published, make_roster, round_robin

JANUARY = datetime(2027, 1, 1, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)
PUBLICATIONS = st.tuples(
    st.just("publish"), st.integers(0, 20), st.integers(3, 13), st.sampled_from(PEOPLE), st.integers(-72, 500)
)
OVERRIDES = st.tuples(
    st.sampled_from(ROLES), st.integers(0, 600), st.integers(1, 200), st.sampled_from(PEOPLE), st.just(0)
)


@settings(max_examples=60, deadline=None)
@given(
    versions=st.lists(st.one_of(PUBLICATIONS, OVERRIDES), min_size=1, max_size=8),
    first=st.integers(-24, 32 * 24),
    length=st.one_of(st.just(INSTANT), st.integers(1, 24 * 60).map(lambda hours: hours * HOUR)),
)
def test_it_names_the_same_people_until_the_same_instants(
    versions: list[tuple[str, int, int, str, int]], first: int, length: timedelta
) -> None:
    published = published_in(versions)
    window = Window(JANUARY + first * HOUR, JANUARY + first * HOUR + length)
    whole = published.schedule
    part = schedule_from_rows(published.rows, calendar_of(published.roster.policy, None), within=window)
    for at in (window.start, window.start + length / 2, window.end - INSTANT):
        assert part.who(at) == whole.who(at)
        assert part.manager_at(at) == whole.manager_at(at)
    assert list(part.assignments(window.start, window.end)) == list(whole.assignments(window.start, window.end))
    assert (part.people, part.roles, part.calendar) == (whole.people, whole.roles, whole.calendar)


def published_in(versions: list[tuple[str, int, int, str, int]]) -> Published:
    """Return plans and overrides as versions. A plan may be published before, during or after its own days."""
    published = Published(make_roster())
    for what, start, length, engineer, hour in versions:
        if what == "publish":
            day = date(2027, 1, 4) + timedelta(days=start)
            people = (engineer, *(person for person in PEOPLE if person != engineer))
            plan = round_robin(published.roster, day, day + timedelta(days=length), people=people)
            published.publish(plan, at=f"{JANUARY + hour * HOUR:%Y-%m-%dT%H:%M}")
        else:
            window = Window(JANUARY + start * HOUR, JANUARY + (start + length) * HOUR)
            published.override(window, what, engineer)
    return published
