"""The history of the status page: one page for each month, and a front page that stays small."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from oncall.errors import NotFound
from oncall.status.status_actions import AnnounceMaintenance, CancelMaintenance, OpenIncident, UpdateIncident
from oncall.status.status_events import StatusEvent, StatusEventKind
from oncall.status.status_export import exported_files
from oncall.status.status_history import MOST_RECENT, history_of, recent_entries
from oncall.status.status_pages import history_html, status_html
from tests.status.log import MemoryLog, at


def ended(log: MemoryLog, title: str, start: str, end: str, component: str = "portal") -> str:
    """Write an incident that is over, and return its id."""
    incident = log.act(OpenIncident(title, {component: "major_outage"}, at=at(start)))
    log.act(UpdateIncident(incident, state="resolved", at=at(end)))
    return incident


def test_each_month_has_a_page_that_leads_to_its_neighbours() -> None:
    log = MemoryLog(now="2027-04-01 00:00")
    ended(log, "Old", "2027-01-05 10:00", "2027-01-05 11:00")
    ended(log, "New", "2027-03-31 23:30", "2027-03-31 23:40")
    # 23:30 of 31 January in New York is February in UTC.
    ended(log, "Edge", "2027-01-31 23:30", "2027-02-01 01:00")
    history = history_of(log.record)
    assert [(each.key, [entry.title for entry in each.entries]) for each in history.months] == [
        ("2027-03", ["New"]),
        ("2027-01", ["Edge", "Old"]),
    ]
    newest, oldest = (history_html(log.record, key, "/status/") for key in ("", "2027-01"))
    assert re.findall(r'rel="(?:prev|next)" href="([^"]+)"', newest) == ["/status/history/2027-01"]
    assert 'rel="next" href="/status/history/2027-03"' in oldest
    assert 'aria-current="page">January 2027</a> (2)' in oldest


def test_maintenance_is_in_the_history_from_its_start_and_says_how_it_stands() -> None:
    log = MemoryLog(now="2027-03-01 12:00")
    for title, start, end in (
        ("Done", "2027-02-10 02:00", "2027-02-10 03:00"),
        ("Now", "2027-03-01 11:00", "2027-03-01 14:00"),
        ("Later", "2027-04-10 02:00", "2027-04-10 03:00"),
    ):
        log.act(AnnounceMaintenance(title, ("portal",), at(start), at(end), announced_at=at("2027-02-01 00:00")))
    said = [(entry.title, entry.state) for month in history_of(log.record).months for entry in month.entries]
    assert said == [("Now", "maintenance in progress"), ("Done", "maintenance completed")]
    assert [entry.title for entry in recent_entries(log.record)] == []
    log.now = at("2027-03-02 00:00")
    assert [entry.title for entry in recent_entries(log.record)] == ["Now"]


def test_a_cancelled_maintenance_is_in_the_history_as_cancelled() -> None:
    log = MemoryLog(now="2027-03-01 12:00")
    work = log.act(AnnounceMaintenance("Upgrade", ("portal",), at("2027-03-10 02:00"), at("2027-03-10 03:00")))
    log.act(CancelMaintenance(work))
    (month,) = history_of(log.record).months
    assert [(each.state, each.start, each.end) for each in month.entries] == [
        ("maintenance cancelled", log.now, log.now)
    ]
    assert "Upgrade" in status_html(log.record, "/status/")


def test_the_front_page_lists_what_ended_in_the_last_fourteen_days_and_links_to_the_rest() -> None:
    log = MemoryLog(now="2027-04-01 00:00")
    ended(log, "Last night", "2027-03-30 10:00", "2027-03-30 11:00")
    ended(log, "Last month", "2027-03-02 10:00", "2027-03-02 11:00")
    page = status_html(log.record, "/status/")
    past = page[page.index("Past incidents and maintenance") :]
    assert ("Last night" in past, "Last month" in past) == (True, False)
    assert '<a href="/status/history">History by month</a>' in past


def test_the_front_page_shows_the_last_five_updates_of_an_open_incident_and_links_to_the_rest() -> None:
    log = MemoryLog(now="2027-04-01 00:00")
    incident = log.act(OpenIncident("Slow", {"portal": "partial_outage"}, message="Word 0."))
    for number in range(1, 8):
        log.now += timedelta(minutes=10)
        log.act(UpdateIncident(incident, message=f"Word {number}."))
    page = status_html(log.record, "/status/")
    assert re.findall(r"Word \d", page) == ["Word 7", "Word 6", "Word 5", "Word 4", "Word 3"]
    assert f'<a href="/status/incidents/{incident}">3 earlier updates</a>' in page


def test_private_incidents_have_no_month_of_their_own() -> None:
    log = MemoryLog(now="2027-04-01 00:00")
    ended(log, "VPN of Acme", "2027-01-05 10:00", "2027-01-05 11:00", component="acme-vpn")
    assert history_of(log.record).months == ()
    with pytest.raises(NotFound, match=r"^the history has no such month; /status/history lists every month$"):
        history_html(log.record, "2027-01", "/status/")


def test_five_thousand_incidents_leave_every_page_small() -> None:
    log, start = MemoryLog(now="2027-03-01 12:00", published="2022-01-01 00:00"), at("2022-01-02 00:00")
    for number in range(5_000):
        began = start + timedelta(hours=9 * number)
        for state, after in (("investigating", 0), ("resolved", 20)):
            kind = StatusEventKind.UPDATED if after else StatusEventKind.OPENED
            when = began + timedelta(minutes=after)
            words = f"Incident number {number}"
            log.add_status_event(
                StatusEvent(f"i{number}", kind, when, when, "mei", words, state, {"portal": "major_outage"})
            )
    record = log.record
    assert len(recent_entries(record)) <= MOST_RECENT
    assert len(status_html(record, "/status/")) < 200_000
    history = history_of(record)
    assert sum(len(each.entries) for each in history.months) == 5_000
    longest = max(history.months, key=lambda each: len(each.entries))
    assert len(history_html(record, longest.key, "/status/", history)) < 60_000


def test_the_export_holds_every_month_with_links_between_the_files() -> None:
    log = MemoryLog(now="2027-04-01 00:00")
    incident = ended(log, "Old", "2027-01-05 10:00", "2027-01-05 11:00")
    ended(log, "New", "2027-03-05 10:00", "2027-03-05 11:00")
    files = exported_files(log.record)
    assert {"history/index.html", "history/2027-01/index.html", "history/2027-03/index.html"} <= set(files)
    assert b'href="history/index.html"' in files["index.html"]
    oldest = files["history/2027-01/index.html"].decode()
    for link in ("../../history/2027-03/index.html", f"../../incidents/{incident}/index.html", "../../index.html"):
        assert f'href="{link}"' in oldest
