"""Each clock counts once, shares are rounded down, and percentiles are measured times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.reports.attainment import ClockCounts, Tally, percentiles, time_taken, together
from oncall.reports.phrases import brief, counts_words, lasting, share, target_words
from oncall.support.calendar import calendar_of
from oncall.support.clocks import SlaClock, SlaState
from oncall.support.policy import Counting, Coverage, Metric, Target
from oncall.support.policy_file import packaged_policy

from .shop import at

POLICY = packaged_policy()
CALENDAR = calendar_of(POLICY, None)
START = datetime(2027, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@st.composite
def clocks(draw: st.DrawFn) -> SlaClock:
    started = START + draw(st.integers(0, 500)) * HOUR
    due = started + HOUR
    ended = started + timedelta(minutes=draw(st.integers(0, 300)))
    met = draw(st.booleans())
    runs = draw(st.booleans())
    late = ended > due and draw(st.booleans())
    return SlaClock(
        metric=draw(st.sampled_from(list(Metric))),
        plan=draw(st.sampled_from(["standard", "business-critical", "gone"])),
        impact=draw(st.sampled_from(["urgent", "low", "gone"])),
        target=Target(draw(st.sampled_from([HOUR, 2 * HOUR])), draw(st.sampled_from(list(Counting)))),
        coverage=draw(st.sampled_from(list(Coverage))),
        since=started,
        started_at=started,
        due_at=due,
        met_at=ended if met and not runs else None,
        stopped_at=ended if not met and not runs else None,
        breached_at=due if late else None,
    )


def state(found: list[SlaClock]) -> SlaState:
    return SlaState(START + 1000 * HOUR, "standard", "urgent", tuple(found))


@pytest.mark.slow
@given(st.lists(st.lists(clocks(), max_size=6), max_size=6))
def test_every_clock_is_counted_once(tickets: list[list[SlaClock]]) -> None:
    tally = Tally(CALENDAR)
    breached = [clock for found in tickets for clock in tally.add(state(found))]
    cells = tally.cells(POLICY)
    every = [clock for found in tickets for clock in found]
    counts = together(cells)
    assert counts.total == len(every) == counts.met + counts.breached + counts.stopped + counts.running
    assert counts.breached == len(breached) == sum(clock.breached_at is not None for clock in every)
    assert counts.judged == counts.met + counts.breached
    keys = [(cell.plan, cell.impact, cell.metric) for cell in cells]
    assert len(set(keys)) == len(keys)
    assert set(keys) == {(clock.plan, clock.impact, clock.metric) for clock in every}
    assert all(
        (cell.times is not None) == any(_is_of(clock, keys[n]) for clock in every) for n, cell in enumerate(cells)
    )


def _is_of(clock: SlaClock, key: tuple[str, str, Metric]) -> bool:
    return clock.met_at is not None and (clock.plan, clock.impact, clock.metric) == key


@given(st.lists(clocks(), min_size=1, max_size=20))
def test_cells_come_in_the_policy_s_order_and_unknown_names_last(found: list[SlaClock]) -> None:
    tally = Tally(CALENDAR)
    tally.add(state(found))
    plans = [*POLICY.plans, "gone"]
    impacts = [*POLICY.impacts, "gone"]
    places = [
        (plans.index(cell.plan), impacts.index(cell.impact), list(Metric).index(cell.metric))
        for cell in tally.cells(POLICY)
    ]
    assert places == sorted(places)


@given(st.lists(st.timedeltas(timedelta(0), timedelta(days=9)), min_size=1, max_size=60))
def test_a_percentile_is_the_smallest_measured_time_that_so_many_do_not_exceed(times: list[timedelta]) -> None:
    found = percentiles(times)
    assert found is not None
    for percent, value in ((50, found.p50), (90, found.p90), (95, found.p95)):
        assert value in times
        assert sum(time <= value for time in times) * 100 >= percent * len(times)
        assert sum(time < value for time in times) * 100 < percent * len(times)


def test_no_times_have_no_percentiles() -> None:
    assert percentiles([]) is None


def clock(counting: Counting, coverage: Coverage, started: datetime) -> SlaClock:
    target = Target(8 * HOUR, counting)
    return SlaClock(Metric.FIRST_REPLY, "standard", "normal", target, coverage, started, started, started + 8 * HOUR)


def test_a_time_in_coverage_hours_leaves_the_night_out() -> None:
    friday, monday = at("2027-01-08 18:01"), at("2027-01-11 09:00")
    covered = clock(Counting.COVERAGE, Coverage.BUSINESS, friday)
    assert time_taken(covered, monday, CALENDAR) == 2 * HOUR
    assert time_taken(clock(Counting.CALENDAR, Coverage.BUSINESS, friday), monday, CALENDAR) == monday - friday


def test_a_reply_before_a_clock_counts_takes_no_time() -> None:
    ahead = clock(Counting.CALENDAR, Coverage.ALWAYS, at("2027-01-11 08:00"))
    assert time_taken(ahead, at("2027-01-10 08:00"), CALENDAR) == timedelta(0)


@pytest.mark.parametrize(
    ("value", "words"), [(None, "-"), (1.0, "100.0 %"), (0.99999, "99.9 %"), (0.975, "97.5 %"), (0.0, "0.0 %")]
)
def test_a_share_is_whole_only_when_nothing_was_missed(value: float | None, words: str) -> None:
    assert share(value) == words


def test_attainment_is_a_share_of_what_is_judged() -> None:
    assert ClockCounts(met=3, breached=1, stopped=5, running=7).attainment == 0.75
    assert ClockCounts(stopped=5, running=7).attainment is None
    assert counts_words(ClockCounts(3, 1, 5, 7)) == "16 clocks: 3 met, 1 breached, 5 stopped, 7 running"
    assert counts_words(ClockCounts(1)) == "1 clock: 1 met, 0 breached, 0 stopped, 0 running"


@pytest.mark.parametrize(
    ("length", "words", "short"),
    [
        (None, "-", "-"),
        (timedelta(seconds=40), "40 s", "40 s"),
        (timedelta(minutes=42, seconds=29), "42 min", "42 min"),
        (timedelta(hours=9, minutes=5), "9 h 5 min", "9:05 h"),
        (timedelta(hours=26), "26 h", "26:00 h"),
        (timedelta(days=3, hours=4, minutes=20), "3 d 4 h", "3 d 4 h"),
        (timedelta(days=3), "3 d", "3 d"),
    ],
)
def test_a_span_is_written_to_the_minute_or_from_two_days_on_to_the_hour(
    length: timedelta | None, words: str, short: str
) -> None:
    assert (lasting(length), brief(length)) == (words, short)


def test_targets_are_named_in_the_order_in_which_they_were_in_force() -> None:
    hour, day = Target(HOUR, Counting.CALENDAR), Target(24 * HOUR, Counting.COVERAGE)
    assert target_words((hour, day)) == "1 h, then 24 h of coverage"
    assert target_words((Target(timedelta(minutes=45), Counting.CALENDAR),)) == "45 min"
