"""What the people who run the status page see: silence, uptime by window, and the effect of an action before it."""

from __future__ import annotations

from datetime import timedelta

from oncall.status.status_actions import AnnounceMaintenance, CancelMaintenance, OpenIncident, StatusAuthor
from oncall.status.status_board import open_incidents, uptime_windows
from oncall.status.status_effect import effect_of
from oncall.status.status_words import uptime_sentence
from tests.status.log import MemoryLog, at

DOWN = {"portal": "major_outage"}
MEI = "mei"


def test_silence_on_an_open_incident_shows_after_the_time_that_the_page_allows() -> None:
    log = MemoryLog(now="2027-03-01 12:00")
    log.act(OpenIncident("Portal down", DOWN))
    seen = []
    for minutes in (0, 21, 30):
        log.now = at("2027-03-01 12:00") + timedelta(minutes=minutes)
        (found,) = open_incidents(log.record)
        seen.append((found.last_word, found.is_silent))
    assert seen == [("just now", False), ("21 min ago", False), ("30 min ago", True)]


def test_the_uptime_is_shown_for_the_running_month_quarter_and_year() -> None:
    log = MemoryLog(now="2027-03-01 12:00")
    log.act(OpenIncident("Portal down", DOWN, at=at("2027-02-28 23:30")))
    log.now = at("2027-03-01 12:10")
    windows = uptime_windows(log.record)
    assert [each.name for each in windows] == ["March 2027", "Q1 2027", "2027", "last 90 days"]
    used = [int(each.page.down) // 60 for each in windows]
    assert used == [730, 760, 760, 760]
    assert "of 99.9 % promised · 730.0 of 0.7 min used" in uptime_sentence(windows[0].page, log.record.page)
    assert {each.id: int(tally.down) // 60 for each, tally in windows[0].components}["api"] == 0


def test_an_effect_is_what_the_action_then_does_and_writes_nothing_itself() -> None:
    log = MemoryLog(now="2027-03-01 12:00")
    author = StatusAuthor(MEI, log.now, may_backdate=True)
    effect = effect_of(log, OpenIncident("Portal down", DOWN), author, "id1")
    assert (log.events, [each.component.id for each in effect.changes]) == ([], ["portal"])
    assert [line.words for line in effect.lines] == ["All Systems Operational", "Partial System Outage"]
    log.act(OpenIncident("Portal down", DOWN))
    assert log.record == effect.after


def test_the_effect_says_whether_maintenance_counts_and_that_private_components_stay_private() -> None:
    log = MemoryLog(now="2027-03-01 12:00")
    author = StatusAuthor(MEI, log.now, may_backdate=True)
    early = AnnounceMaintenance("Upgrade", ("portal",), at("2027-03-05 02:00"), at("2027-03-05 04:00"))
    late = AnnounceMaintenance("Upgrade", ("portal",), at("2027-03-03 02:00"), at("2027-03-03 04:00"))
    assert [effect_of(log, each, author, "id1").is_agreed for each in (early, late)] == [True, False]
    work = log.act(early)
    assert effect_of(log, CancelMaintenance(work), author, "id2").is_agreed is None
    private = effect_of(log, OpenIncident("VPN", {"acme-vpn": "major_outage"}), author, "id3")
    assert (private.subject, private.lines[0] == private.lines[1]) == (None, True)
