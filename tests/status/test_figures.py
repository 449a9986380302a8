"""The uptime figures: months add up, a correction equals the log written right at first, and all surfaces agree."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.status.component_history import SecondsSpan
from oncall.status.component_states import ComponentState
from oncall.status.counted_intervals import AGREED, IN_AGREED, IN_FULL, ONLY_STRICT, counted_intervals
from oncall.status.day_bars import last_window, start_of_last_days
from oncall.status.status_actions import (
    AnnounceMaintenance,
    CancelMaintenance,
    CorrectIncident,
    OpenIncident,
    UpdateIncident,
)
from oncall.status.status_export import exported_files
from oncall.status.status_pages import badge_svg, status_html
from oncall.status.status_record import epoch
from oncall.status.status_views import uptime_view
from oncall.status.status_words import SYMBOLS, minutes_left
from oncall.status.statuspage_json import documents
from oncall.status.top_line import top_line
from oncall.status.uptime import component_tally, group_tally, page_tally
from oncall.status.window_uptime import uptime_of
from oncall.support.windows import Window
from tests.status.log import NEW_YORK, MemoryLog, at

STATES = ("major_outage", "partial_outage", "degraded_performance")
COMPONENTS = ("portal", "api", "dns")
FIRST = at("2027-01-01 00:00")
MINUTES_OF_QUARTER = 90 * 1440

outages = st.tuples(
    st.sampled_from(COMPONENTS),
    st.sampled_from(STATES),
    st.integers(0, MINUTES_OF_QUARTER - 200),
    st.integers(1, 3000),
)


def log_of(said: list[tuple[str, str, int, int]]) -> MemoryLog:
    """Return a log at the end of the first quarter of 2027 with these outages, written in this order."""
    log = MemoryLog(now="2027-04-01 00:00")
    for component, state, start, length in said:
        began = FIRST + timedelta(minutes=start)
        name = log.act(OpenIncident("Down", {component: state}, at=began))
        ended = min(began + timedelta(minutes=length), log.now)
        log.act(UpdateIncident(name, "resolved", at=ended))
    return log


@settings(max_examples=20, deadline=None)
@given(st.lists(outages, min_size=1, max_size=4))
def test_the_months_of_a_quarter_add_up_to_it_across_the_change_of_the_clock(
    said: list[tuple[str, str, int, int]],
) -> None:
    record = log_of(said).record
    edges = [epoch(at(f"2027-{month:02}-01 00:00")) for month in (1, 2, 3, 4)]
    months = [SecondsSpan(start, end) for start, end in pairwise(edges)]
    assert months[2].end - months[2].start == 31 * 86_400 - 3600
    quarter = SecondsSpan(edges[0], edges[-1])
    for component in COMPONENTS:
        parts = [component_tally(record.histories[component], month, record.page) for month in months]
        assert parts[0] + parts[1] + parts[2] == component_tally(record.histories[component], quarter, record.page)
    pages = [page_tally(record.histories, month, record.page) for month in months]
    assert pages[0] + pages[1] + pages[2] == page_tally(record.histories, quarter, record.page)


@settings(max_examples=20, deadline=None)
@given(st.lists(outages, min_size=1, max_size=3), st.integers(0, 2), st.integers(1, 2000))
def test_a_correction_equals_the_log_that_was_written_right_at_first(
    said: list[tuple[str, str, int, int]], which: int, earlier: int
) -> None:
    which %= len(said)
    component, state, start, length = said[which]
    right = max(0, start - earlier)
    corrected = log_of(said)
    name = [event.subject for event in corrected.events if event.kind.value == "opened"][which]
    corrected.act(CorrectIncident(name, FIRST + timedelta(minutes=right), "first errors in the log"))
    truth = log_of([*said[:which], (component, state, right, start - right + length), *said[which + 1 :]])
    window = SecondsSpan(epoch(FIRST), epoch(at("2027-04-01 00:00")))
    assert uptime_view(corrected.record, window) == uptime_view(truth.record, window)


@settings(max_examples=15, deadline=None)
@given(st.lists(outages, min_size=1, max_size=4), st.integers(0, 3))
def test_page_json_badge_review_and_export_say_one_thing(said: list[tuple[str, str, int, int]], still: int) -> None:
    log = log_of(said)
    if still < len(COMPONENTS):
        log.act(OpenIncident("Now", {COMPONENTS[still]: STATES[still]}))
    record = log.record
    page = BeautifulSoup(status_html(record, "/status/"), "html.parser")
    line, window = top_line(record), last_window(record)
    exported = exported_files(record)
    # The state.
    assert documents(record)["status.json"]["status"] == {"indicator": line.indicator, "description": line.words}
    assert json.loads(exported["api/v2/status.json"])["status"]["description"] == line.words
    top = page.select_one(".line")
    assert top is not None and line.words in top.text and line.words in badge_svg(record)
    listed: list[dict[str, str]] = json.loads(exported["api/v2/components.json"])["components"]
    shown = {each["data-component"]: each["data-state"] for each in page.select("li.component")}
    assert shown == {each["id"]: each["status"] for each in listed if not each["id"].startswith("group-")}
    # The figures.
    view = uptime_view(record, window)
    review = uptime_of(log, Window(datetime.fromtimestamp(window.start, UTC), record.now), record.now)
    assert review is not None and review.figures == view["page"]
    figure = page.select_one("#page-uptime")
    assert figure is not None and figure.text == review.sentence
    assert figure.text.startswith(f"{view['page']['sla']} % of 99.9 % promised")
    assert review.sentence in exported["index.html"].decode()
    cells = [row.find_all("td")[-1].text for row in page.select("#windows tbody tr")]
    public = [each for each in view["components"] if each["component"] != "acme-vpn"]
    assert cells == [f"{each['sla']} %" for each in [view["page"], *view["groups"], *public]]


def test_a_group_is_its_worst_core_component_and_without_one_its_worst_component() -> None:
    log = log_of([("portal", "partial_outage", 0, 60), ("api", "major_outage", 30, 60)])
    record, window = log.record, SecondsSpan(epoch(FIRST), epoch(FIRST) + 7200)
    portal_only = group_tally(record.histories, "app", window, record.page)
    assert portal_only == component_tally(record.histories["portal"], window, record.page)
    neither = replace(record.page, components=tuple(replace(each, is_core=False) for each in record.page.components))
    both = group_tally(record.histories, "app", window, neither)
    assert (both.down, both.measured) == (Fraction(3, 10) * 1800 + 3600, 7200)


def test_the_page_lists_the_intervals_that_count_with_a_link_to_each() -> None:
    log = MemoryLog(now="2027-03-01 00:00")
    work = AnnounceMaintenance("Upgrade", ("portal",), at("2027-03-10 02:00"), at("2027-03-10 04:00"))
    log.act(work)
    log.now = at("2027-03-10 12:00")
    log.act(OpenIncident("Down", {"portal": "major_outage"}, at=at("2027-03-10 03:30")))
    log.act(UpdateIncident("id2", components={"portal": "partial_outage"}, at=at("2027-03-10 04:30")))
    log.act(UpdateIncident("id2", components={"portal": "degraded_performance"}, at=at("2027-03-10 05:00")))
    log.act(OpenIncident("VPN of Acme down", {"acme-vpn": "major_outage"}))
    short = AnnounceMaintenance("Patch", ("api",), at("2027-03-10 11:00"), at("2027-03-10 13:00"))
    patch = log.act(short)
    record = log.record
    found = [(each.title, each.how) for each in counted_intervals(record, last_window(record))]
    assert found == [
        ("Patch", ONLY_STRICT), ("Down", "counts by 0.3"), ("Down", IN_FULL), ("Down", IN_AGREED), ("Upgrade", AGREED),
    ]  # fmt: skip
    page = status_html(record, "/status/")
    items = BeautifulSoup(page, "html.parser").select("#counted ~ ul li")
    assert [item.a["href"] for item in items if item.a is not None][:2] == [
        f"/status/incidents/{patch}", "/status/incidents/id2",
    ]  # fmt: skip
    assert items[0].text == (
        "Patch: API, under maintenance, Wed 2027-03-10 11:00 EST (16:00 UTC) to now; counts in the strict figure."
    )
    assert "Acme" not in page
    log.act(CancelMaintenance(patch))
    assert len(counted_intervals(log.record, last_window(record))) == 5


def test_the_terminals_last_90_days_are_those_of_the_page() -> None:
    now = at("2027-03-31 18:00")
    assert start_of_last_days(now, NEW_YORK) == at("2027-01-01 00:00")
    assert last_window(MemoryLog(now="2027-03-31 18:00").record) == SecondsSpan(
        epoch(at("2027-01-01 00:00")), epoch(now)
    )


def test_a_new_page_says_since_when_it_is_measured_and_what_was_before_does_not_count() -> None:
    log = MemoryLog(published="2027-03-10 03:00", now="2027-03-10 03:01")
    log.now += timedelta(seconds=32)
    log.act(OpenIncident("Down", {"portal": "major_outage"}, at=at("2027-03-10 02:40")))
    page = BeautifulSoup(status_html(log.record, "/status/"), "html.parser")
    figure = page.select_one("#page-uptime")
    assert figure is not None and figure.text == (
        "0.000 % of 99.9 % promised · 1.6 of 0.0 min used · 1.6 min over · "
        "measured 100 % since Wed 2027-03-10 03:00 EST · strict 0.000 %"
    )
    cells = [cell.text for cell in page.select("#windows tbody tr:first-child td")]
    assert cells == ["0.000 % since Wed 2027-03-10 03:00 EST"] * 4
    assert [item.text.rpartition(", ")[2] for item in page.select("#counted ~ ul li")] == [
        "Wed 2027-03-10 03:00 EST (08:00 UTC) to now; counts in full.",
        "Wed 2027-03-10 02:40 EST (07:40 UTC) to Wed 2027-03-10 03:00 EST (08:00 UTC); "
        "does not count: not measured then.",
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-92, "1.6 min over"),
        (-90, "1.5 min over"),
        (0, "0.0 min left"),
        (50, "0.8 min left"),
        (72_000, "1,200.0 min left"),
    ],
)
def test_minutes_left_are_rounded_down_and_minutes_over_are_rounded_up(seconds: int, words: str) -> None:
    assert minutes_left(seconds) == words


@pytest.mark.parametrize("state", list(ComponentState))
def test_each_state_has_a_shape_and_words_of_its_own(state: ComponentState) -> None:
    assert len(set(SYMBOLS.values())) == len(ComponentState)
    assert SYMBOLS[state] and state.words and not re.search("_", state.words)
