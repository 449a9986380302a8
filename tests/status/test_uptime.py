"""Uptime in exact seconds: the worked example, overlaps, corrections, agreed maintenance, and the laws of addition."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.status.component_history import ComponentHistory, SecondsSpan, StateSeconds
from oncall.status.component_states import ComponentState
from oncall.status.counted_intervals import IN_FULL, counted_intervals
from oncall.status.status_actions import (
    AnnounceMaintenance,
    CancelMaintenance,
    CorrectIncident,
    OpenIncident,
    RescheduleMaintenance,
    UpdateIncident,
)
from oncall.status.status_events import PublishedStatusFile
from oncall.status.status_export import exported_files
from oncall.status.status_record import epoch
from oncall.status.uptime import component_tally, page_tally
from tests.paging.world import STATUS
from tests.status.log import MemoryLog, at

MAJOR, PARTIAL, DEGRADED = "major_outage", "partial_outage", "degraded_performance"


def outage(log: MemoryLog, state: str, start: str, end: str, component: str = "portal") -> str:
    """Record an incident that is over."""
    incident = log.act(OpenIncident("x", {component: state}, at=at(start)))
    log.act(UpdateIncident(incident, "resolved", at=at(end)))
    return incident


def test_the_worked_example_of_a_quarter() -> None:
    log = MemoryLog()
    outage(log, MAJOR, "2027-02-01 10:00", "2027-02-01 11:00")
    outage(log, PARTIAL, "2027-02-02 10:00", "2027-02-02 13:20")
    outage(log, DEGRADED, "2027-03-02 10:00", "2027-03-02 15:00")
    work = at("2027-02-10 02:00"), at("2027-02-10 04:00")
    log.act(AnnounceMaintenance("Upgrade", ("portal",), *work, announced_at=at("2027-02-01 00:00")))
    found = log.figures("portal", "2027-01-01 00:00", "2027-04-01 00:00")
    # 90 days, of which one has 23 hours.
    assert found == {
        "component": "portal",
        "seconds": 90 * 86400 - 3600,
        "measured": 90 * 86400 - 3600,
        "agreed": 7200,
        "down": 3600 + 12000 * 3 // 10,
        "sla": "99.907",
        "strict": "99.706",
        "allowed": 7765,
        "left": 565,
    }


def test_incidents_that_overlap_count_once_by_the_worse_state() -> None:
    log = MemoryLog()
    outage(log, PARTIAL, "2027-02-01 10:00", "2027-02-01 12:00")
    outage(log, MAJOR, "2027-02-01 11:00", "2027-02-01 11:30")
    assert log.figures("portal", "2027-02-01 00:00", "2027-02-02 00:00")["down"] == 1800 + 5400 * 3 // 10


def test_a_resolved_incident_leaves_a_component_down_while_another_one_says_worse() -> None:
    log = MemoryLog()
    outage(log, PARTIAL, "2027-02-01 10:00", "2027-02-01 12:00")
    log.act(OpenIncident("y", {"portal": MAJOR}, at=at("2027-02-01 11:00")))
    log.now = at("2027-02-01 13:00")
    assert log.record.state_of("portal") is ComponentState.MAJOR


def test_a_correction_counts_as_if_the_start_had_been_written_right_at_first() -> None:
    corrected, right = MemoryLog(), MemoryLog()
    incident = outage(corrected, MAJOR, "2027-02-01 10:00", "2027-02-01 11:00")
    corrected.act(CorrectIncident(incident, at("2027-02-01 09:40"), "first errors in the log"))
    outage(right, MAJOR, "2027-02-01 09:40", "2027-02-01 11:00")
    window = "2027-02-01 00:00", "2027-03-01 00:00"
    assert corrected.uptime(*window) == right.uptime(*window)
    assert corrected.record.incidents[0].stated_at == at("2027-02-01 10:00")


def test_maintenance_is_agreed_only_with_notice_and_only_as_long_as_planned() -> None:
    log = MemoryLog()
    early, late = at("2027-02-06 01:59"), at("2027-02-06 02:01")
    for number, announced in enumerate((early, late)):
        start = at("2027-02-09 02:00") + timedelta(days=number * 7)
        told = announced + timedelta(days=number * 7)
        log.act(AnnounceMaintenance("w", ("portal",), start, start + timedelta(hours=1), announced_at=told))
    found = log.figures("portal", "2027-02-01 00:00", "2027-03-01 00:00")
    assert (found["agreed"], found["down"]) == (3600, 0)
    affected = 28 * 86400 - 7200
    assert found["strict"] == f"{affected * 100_000 // (28 * 86400) / 1000:.3f}"


def test_maintenance_that_takes_longer_than_announced_is_agreed_for_the_announced_hours() -> None:
    log = MemoryLog(now="2027-02-01 00:00")
    work = log.act(AnnounceMaintenance("w", ("portal",), at("2027-02-09 02:00"), at("2027-02-09 04:00")))
    log.now = at("2027-02-09 03:30")
    log.act(RescheduleMaintenance(work, end=at("2027-02-09 06:00")))
    log.now = at("2027-02-09 05:00")
    log.act(CancelMaintenance(work))
    log.now = at("2027-03-01 00:00")
    found = log.figures("portal", "2027-02-09 00:00", "2027-02-10 00:00")
    assert found["agreed"] == 2 * 3600
    assert found["strict"] == "87.500"  # three of 24 hours


def test_an_announcement_that_was_moved_away_does_not_excuse_an_outage_later() -> None:
    log = MemoryLog(now="2027-01-01 00:00")
    work = log.act(AnnounceMaintenance("w", ("portal",), at("2027-02-01 00:00"), at("2027-03-01 00:00")))
    log.act(RescheduleMaintenance(work, at("2027-02-27 02:00"), at("2027-02-27 04:00")))
    log.now = at("2027-02-10 12:00")
    incident = log.act(OpenIncident("x", {"portal": MAJOR}))
    log.act(RescheduleMaintenance(work, at("2027-02-10 12:00"), at("2027-02-10 14:00")))
    log.now = at("2027-02-10 14:00")
    log.act(UpdateIncident(incident, "resolved"))
    found = log.figures("portal", "2027-02-10 00:00", "2027-02-11 00:00")
    assert (found["agreed"], found["down"]) == (0, 7200)


def test_of_a_maintenance_that_was_moved_late_the_hours_that_were_announced_all_along_are_agreed() -> None:
    log = MemoryLog(now="2027-02-01 00:00")
    work = log.act(AnnounceMaintenance("w", ("portal",), at("2027-02-10 02:00"), at("2027-02-10 04:00")))
    log.now = at("2027-02-10 01:00")
    log.act(RescheduleMaintenance(work, at("2027-02-10 03:00"), at("2027-02-10 05:00")))
    log.now = at("2027-02-11 00:00")
    assert log.figures("portal", "2027-02-10 00:00", "2027-02-11 00:00")["agreed"] == 3600


def test_an_outage_inside_agreed_maintenance_does_not_count() -> None:
    log = MemoryLog()
    work = at("2027-02-10 02:00"), at("2027-02-10 04:00")
    log.act(AnnounceMaintenance("w", ("portal",), *work, announced_at=at("2027-02-01 00:00")))
    outage(log, MAJOR, "2027-02-10 03:00", "2027-02-10 05:00")
    assert log.figures("portal", "2027-02-10 00:00", "2027-02-11 00:00")["down"] == 3600


def test_a_component_is_measured_from_its_publication() -> None:
    log = MemoryLog(published="2027-02-01 00:00")
    found = log.figures("portal", "2027-01-01 00:00", "2027-02-02 00:00")
    assert (found["seconds"], found["measured"]) == (86400, 86400)
    assert log.figures("portal", "2027-01-01 00:00", "2027-01-31 00:00")["sla"] is None


def test_the_window_is_cut_at_now() -> None:
    log = MemoryLog(now="2027-02-01 06:00")
    view = log.uptime("2027-02-01 00:00", "2027-03-01 00:00")
    assert (view["to"], view["page"]["seconds"]) == ("2027-02-01T06:00:00-05:00", 6 * 3600)


def test_the_page_is_its_worst_core_component() -> None:
    text = STATUS.replace("group: app}\n  - {id: dns", "group: app, core: true}\n  - {id: dns")
    log = MemoryLog(text)
    outage(log, MAJOR, "2027-02-01 10:00", "2027-02-01 11:00", "portal")
    outage(log, PARTIAL, "2027-02-01 10:30", "2027-02-01 12:00", "api")
    outage(log, MAJOR, "2027-02-05 10:00", "2027-02-05 12:00", "dns")
    assert log.figures("page", "2027-02-01 00:00", "2027-03-01 00:00")["down"] == 3600 + 3600 * 3 // 10


def test_the_page_is_agreed_when_every_core_component_at_fault_is_in_agreed_maintenance() -> None:
    text = STATUS.replace("group: app}\n  - {id: dns", "group: app, core: true}\n  - {id: dns")
    log = MemoryLog(text)
    work = at("2027-02-10 02:00"), at("2027-02-10 04:00")
    log.act(AnnounceMaintenance("w", ("portal",), *work, announced_at=at("2027-02-01 00:00")))
    outage(log, MAJOR, "2027-02-10 03:00", "2027-02-10 03:30", "api")
    found = log.figures("page", "2027-02-10 00:00", "2027-02-11 00:00")
    assert (found["agreed"], found["down"]) == (5400, 1800)


def test_percentages_are_rounded_down_and_never_up_to_100() -> None:
    log = MemoryLog()
    outage(log, MAJOR, "2027-02-01 10:00", "2027-02-01 10:01")
    assert log.figures("portal", "2027-01-01 00:00", "2027-04-01 00:00")["sla"] == "99.999"


def test_a_component_that_is_retired_keeps_its_history_and_a_renamed_one_too() -> None:
    log = MemoryLog()
    incident = outage(log, MAJOR, "2027-02-01 10:00", "2027-02-01 11:00", "api")
    text = STATUS.replace("  - {id: api, name: API, group: app}\n", "").replace("CAS portal", "Portal")
    log.files.append(PublishedStatusFile(at("2027-03-01 00:00"), text, "America/New_York"))
    record = log.record
    assert record.incident(incident).components == ("api",)
    assert (record.name_of("api"), record.name_of("portal")) == ("API", "Portal")
    assert record.first_published["portal"] == at("2026-12-01 00:00")
    assert b"Investigating: x" in exported_files(record)["components/api/feed.atom"]


def test_a_core_component_that_is_retired_keeps_counting_for_the_time_before() -> None:
    log = MemoryLog()
    outage(log, MAJOR, "2027-02-01 10:00", "2027-02-01 12:00")
    february = "2027-02-01 00:00", "2027-03-01 00:00"
    before = log.figures("page", *february)
    text = STATUS.replace("  - {id: portal, name: CAS portal, group: app, core: true}\n", "")
    log.files.append(PublishedStatusFile(at("2027-03-15 00:00"), text, "America/New_York"))
    assert log.figures("page", *february) == before
    assert before["down"] == 7200
    (group,) = log.uptime(*february)["groups"]
    assert group["down"] == 7200
    counted = counted_intervals(log.record, SecondsSpan(epoch(at("2027-02-01 00:00")), epoch(at("2027-03-01 00:00"))))
    assert [(each.component, each.how) for each in counted] == [("CAS portal", IN_FULL)]


def test_a_component_that_becomes_core_changes_no_figure_of_the_time_before() -> None:
    log = MemoryLog()
    outage(log, MAJOR, "2027-02-01 10:00", "2027-02-01 12:00", "api")
    outage(log, MAJOR, "2027-03-20 10:00", "2027-03-20 11:00", "api")
    text = STATUS.replace("name: API, group: app", "name: API, group: app, core: true")
    log.files.append(PublishedStatusFile(at("2027-03-01 00:00"), text, "America/New_York"))
    months = [log.figures("page", f"2027-0{month}-01 00:00", f"2027-0{month + 1}-01 00:00") for month in (2, 3)]
    assert [each["down"] for each in months] == [0, 3600]
    quarter = log.figures("page", "2027-02-01 00:00", "2027-04-01 00:00")
    assert quarter["seconds"] == sum(each["seconds"] for each in months)
    assert quarter["down"] == 3600


def test_a_component_is_not_measured_while_it_is_not_on_the_page() -> None:
    log = MemoryLog()
    text = STATUS.replace("  - {id: api, name: API, group: app}\n", "")
    for day, each in (("2027-03-10", text), ("2027-03-15", STATUS), ("2027-03-16", STATUS)):
        log.files.append(PublishedStatusFile(at(f"{day} 00:00"), each, "America/New_York"))
    found = log.figures("api", "2027-03-01 00:00", "2027-04-01 00:00")
    # The clock changed on 14 March, one of the five days without it.
    assert found["seconds"] - found["measured"] == 5 * 86_400 - 3600


spans = st.builds(
    lambda start, length, state: StateSeconds(start, start + length, state),
    st.integers(-50, 150),
    st.integers(1, 80),
    st.sampled_from([ComponentState.MAJOR, ComponentState.PARTIAL, ComponentState.DEGRADED]),
)
stretches = st.builds(
    lambda start, length: SecondsSpan(start, start + length), st.integers(-50, 150), st.integers(1, 80)
)
histories = st.builds(
    ComponentHistory,
    st.just("portal"),
    st.integers(-10, 40),
    st.lists(spans, max_size=4).map(tuple),
    st.lists(stretches, max_size=2).map(tuple),
    st.lists(stretches, max_size=2).map(tuple),
    st.lists(stretches, max_size=2).map(tuple),
)
WINDOW = SecondsSpan(0, 100)
PAGE = MemoryLog().record.page


@settings(max_examples=60)
@given(histories, st.randoms(use_true_random=False), st.integers(1, 99))
def test_order_and_splitting_of_spans_change_nothing_and_parts_add_up(
    history: ComponentHistory, random: object, cut: int
) -> None:
    whole = component_tally(history, WINDOW, PAGE)
    shuffled = replace(history, outages=history.outages[::-1], maintenance=history.maintenance[::-1])
    assert component_tally(shuffled, WINDOW, PAGE) == whole
    split = [
        StateSeconds(start, end, span.state)
        for span in history.outages
        for start, end in ((span.start, (span.start + span.end) // 2), ((span.start + span.end) // 2, span.end))
        if start < end
    ]
    assert component_tally(replace(history, outages=tuple(split)), WINDOW, PAGE) == whole
    parts = [component_tally(history, part, PAGE) for part in (SecondsSpan(0, cut), SecondsSpan(cut, 100))]
    assert parts[0] + parts[1] == whole


@settings(max_examples=60)
@given(histories, histories)
def test_second_by_second_the_sums_are_the_same(portal: ComponentHistory, api: ComponentHistory) -> None:
    page = replace(
        PAGE, components=tuple(replace(each, is_core=each.id in ("portal", "api")) for each in PAGE.components)
    )
    known = {"portal": portal, "api": replace(api, component="api")}
    found = page_tally(known, WINDOW, page)
    first = max(0, min(portal.first, api.first))
    down = affected = agreed = measured = 0
    for second in range(first, 100):
        moments = [each for each in (known[name].at(second) for name in ("portal", "api")) if each.is_measured]
        if not moments:
            continue
        measured += 1
        faulty = [each for each in moments if each.state is not ComponentState.OPERATIONAL]
        weights = {ComponentState.MAJOR: 10, ComponentState.PARTIAL: 3}
        weight = max(weights.get(each.outage, 0) for each in moments)
        if faulty and all(each.is_agreed for each in faulty):
            agreed += 1
        else:
            down += weight
        affected += weight > 0 or any(each.is_under_maintenance for each in moments)
    assert (found.seconds, found.measured, found.agreed) == (max(0, 100 - first), measured, agreed)
    assert found.down * 10 == down
    assert found.affected == affected
