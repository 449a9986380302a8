"""The page, the JSON, the feeds, the badge and the export say one thing, and nothing private or hostile."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from cProfile import Profile
from dataclasses import replace
from datetime import timedelta
from posixpath import dirname, join, normpath
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup

from oncall.status.component_history import SecondsSpan
from oncall.status.day_bars import day_bars
from oncall.status.status_actions import AnnounceMaintenance, CorrectIncident, OpenIncident, UpdateIncident
from oncall.status.status_events import PublishedStatusFile, StatusEvent, StatusEventKind
from oncall.status.status_export import exported_files
from oncall.status.status_pages import badge_svg, feed, incident_html, status_html
from oncall.status.status_record import StatusRecord
from oncall.status.status_views import uptime_view
from oncall.status.statuspage_json import documents
from oncall.status.top_line import top_line
from oncall.status.window_uptime import uptime_of
from oncall.support.windows import Window
from tests.paging.world import STATUS
from tests.status.log import NEW_YORK, MemoryLog, at

ATOM = "{http://www.w3.org/2005/Atom}"
HOSTILE = '<script>alert("x")</script> & "quotes"'


@pytest.fixture
def log() -> MemoryLog:
    """Noon of 1 March: the portal is down since 11:00, maintenance of the API is to come, and Acme's VPN is down."""
    log = MemoryLog(now="2027-03-01 12:00")
    log.act(OpenIncident("Sign-in fails", {"portal": "major_outage"}, HOSTILE, at("2027-03-01 11:00")))
    log.act(UpdateIncident("id1", "identified", message="A full disk."))
    log.act(CorrectIncident("id1", at("2027-03-01 10:50"), "first errors"))
    log.act(AnnounceMaintenance("Upgrade", ("api",), at("2027-03-05 02:00"), at("2027-03-05 04:00")))
    log.act(OpenIncident("VPN of Acme down", {"acme-vpn": "major_outage"}))
    return log


def test_every_surface_names_the_same_state(log: MemoryLog) -> None:
    record = log.record
    line = top_line(record)
    assert (line.indicator, line.words) == ("major", "Partial System Outage")
    assert documents(record)["status.json"]["status"] == {"indicator": line.indicator, "description": line.words}
    for text in (status_html(record, "/status/"), badge_svg(record)):
        assert line.words in text
    summary = json.loads(exported_files(record)["api/v2/summary.json"])
    assert summary["status"]["description"] == line.words


def test_what_only_a_customer_may_see_is_on_no_public_surface(log: MemoryLog) -> None:
    for name, content in exported_files(log.record).items():
        assert b"Acme" not in content, name
        assert b"acme-vpn" not in content, name


def test_a_private_component_stays_private_when_the_page_drops_it(log: MemoryLog) -> None:
    without = "\n".join(line for line in STATUS.splitlines() if "acme-vpn" not in line)
    log.files.append(PublishedStatusFile(at("2027-03-01 12:00"), without, NEW_YORK.key))
    for name, content in exported_files(log.record).items():
        assert b"Acme" not in content, name
    assert [each.title for each in log.record.incidents if log.record.is_public(each)] == ["Sign-in fails"]


def test_an_incident_on_public_and_private_components_names_only_the_public_ones(log: MemoryLog) -> None:
    slow = log.act(OpenIncident("Slow", {"acme-vpn": "degraded_performance", "api": "degraded_performance"}))
    page = incident_html(log.record, slow, "/status/")
    assert "Components: API." in page
    assert "Acme" not in page


def test_the_impact_of_an_incident_is_that_on_the_components_that_everyone_sees(log: MemoryLog) -> None:
    mixed = log.act(OpenIncident("Slow", {"acme-vpn": "major_outage", "api": "degraded_performance"}))
    listed = documents(log.record)["summary.json"]["incidents"]
    assert isinstance(listed, list)
    assert [each["impact"] for each in listed if each["id"] == mixed] == ["minor"]
    assert '<section class="incident minor">' in status_html(log.record, "/status/")


def test_private_incidents_change_no_figure_line_or_time_that_everyone_reads() -> None:
    private = "{id: acme-vpn, name: VPN of Acme, customers: [Acme Ltd]}"
    log = MemoryLog(f"page: {{name: x}}\ncomponents: [{private}]", now="2027-03-01 12:00")
    before = exported_files(log.record)
    log.act(OpenIncident("VPN of Acme down", {"acme-vpn": "major_outage"}, at=at("2027-03-01 10:00")))
    assert exported_files(log.record) == before

    log.files[0] = replace(log.files[0], text=f"page: {{name: x}}\ncomponents: [{private}, {{id: api, name: API}}]")
    assert log.uptime("2027-03-01 10:00", "2027-03-01 12:00")["page"]["sla"] == "100.000"


@pytest.mark.parametrize(
    "work",
    [
        pytest.param(documents, id="documents"),
        pytest.param(lambda record: uptime_view(record, SecondsSpan(0, record.now_seconds)), id="uptime"),
    ],
)
def test_twice_the_incidents_take_about_twice_the_steps(work: Callable[[StatusRecord], object]) -> None:
    def steps(number: int) -> int:
        log = MemoryLog(now="2027-03-01 12:00")
        for hour in range(number):
            start = at("2027-01-01 00:00") + timedelta(hours=hour)
            for kind, state in ((StatusEventKind.OPENED, "investigating"), (StatusEventKind.UPDATED, "resolved")):
                words = StatusEvent(f"i{hour}", kind, start, start, "mei", "x", state, {"portal": "major_outage"})
                log.add_status_event(words)
                start += timedelta(minutes=30)
        record, profile = log.record, Profile()
        profile.runcall(work, record)
        return sum(entry.callcount for entry in profile.getstats())

    assert steps(400) < 2.5 * steps(200)


def test_the_eight_documents_have_the_fields_that_programs_read(log: MemoryLog) -> None:
    found = documents(log.record)
    assert list(found) == [
        "status.json",
        "summary.json",
        "components.json",
        "incidents.json",
        "incidents/unresolved.json",
        "scheduled-maintenances.json",
        "scheduled-maintenances/upcoming.json",
        "scheduled-maintenances/active.json",
    ]
    for document in found.values():
        assert set(json.loads(json.dumps(document))["page"]) == {"id", "name", "url", "time_zone", "updated_at"}
    summary = json.loads(json.dumps(found["summary.json"]))
    (incident,) = summary["incidents"]
    assert incident["started_at"] == "2027-03-01T10:50:00.000-05:00"
    assert (incident["impact"], incident["resolved_at"]) == ("critical", None)
    newest, oldest = incident["incident_updates"]
    assert (newest["status"], oldest["status"]) == ("identified", "investigating")
    assert oldest["affected_components"] == [
        {"code": "portal", "name": "CAS portal", "old_status": "operational", "new_status": "major_outage"}
    ]
    (work,) = summary["scheduled_maintenances"]
    assert (work["status"], work["scheduled_for"]) == ("scheduled", "2027-03-05T02:00:00.000-05:00")
    group, portal, *_ = summary["components"]
    assert (group["group"], group["components"]) == (True, ["portal", "api"])
    assert (portal["status"], portal["group_id"]) == ("major_outage", group["id"])


def test_an_end_that_is_recorded_late_ends_the_incident_where_its_outage_ends() -> None:
    log = MemoryLog(now="2027-03-01 12:00")
    log.act(OpenIncident("x", {"portal": "major_outage"}, at=at("2027-03-01 10:00")))
    for end in ("2027-03-01 10:30", "2027-03-01 10:20"):
        log.act(UpdateIncident("id1", "resolved", at=at(end)))
    assert log.record.incident("id1").resolved_at == at("2027-03-01 10:20")
    assert log.figures("portal", "2027-03-01 00:00", "2027-03-01 12:00")["down"] == 20 * 60
    log.act(UpdateIncident("id1", "investigating", {"portal": "major_outage"}, at=at("2027-03-01 11:00")))
    log.act(UpdateIncident("id1", "resolved", at=at("2027-03-01 11:10")))
    assert log.record.incident("id1").resolved_at == at("2027-03-01 11:10")


def test_no_update_is_shown_before_a_start_that_was_corrected_to_later() -> None:
    log = MemoryLog(now="2027-03-01 12:00")
    log.act(OpenIncident("x", {"portal": "major_outage"}, at=at("2027-03-01 10:00")))
    log.act(UpdateIncident("id1", "identified", at=at("2027-03-01 10:30")))
    log.act(CorrectIncident("id1", at("2027-03-01 11:00"), "the alert was of another system"))
    (incident,) = json.loads(json.dumps(documents(log.record)["incidents.json"]["incidents"]))
    shown = [update["display_at"] for update in incident["incident_updates"]]
    assert shown == [incident["started_at"]] * 2


def test_the_feeds_have_an_entry_for_each_update(log: MemoryLog) -> None:
    record = log.record
    atom = ElementTree.fromstring(feed(record, "atom"))
    titles = [entry.findtext(f"{ATOM}title") for entry in atom.iter(f"{ATOM}entry")]
    assert titles == ["Maintenance: Upgrade", "Identified: Sign-in fails", "Investigating: Sign-in fails"]
    bodies = [entry.findtext(f"{ATOM}content") for entry in atom.iter(f"{ATOM}entry")]
    assert HOSTILE in bodies
    rss = ElementTree.fromstring(feed(record, "rss"))
    assert [item.findtext("title") for item in rss.iter("item")] == titles
    alone = ElementTree.fromstring(feed(record, "atom", "api"))
    assert alone.findtext(f"{ATOM}id") != atom.findtext(f"{ATOM}id")
    assert len(list(alone.iter(f"{ATOM}entry"))) == 1


def test_ids_of_entries_stay_when_the_log_grows(log: MemoryLog) -> None:
    before = re.findall(r"<id>(.*?)</id>", feed(log.record, "atom"))
    log.act(UpdateIncident("id1", "resolved"))
    after = re.findall(r"<id>(.*?)</id>", feed(log.record, "atom"))
    assert set(before) < set(after)


def test_the_page_has_a_bar_for_each_day_and_no_markup_of_a_message(log: MemoryLog) -> None:
    page = status_html(log.record, "/status/")
    bars = re.findall(r'data-component="portal" data-day="([0-9-]+)" data-state="([a-z_]+)"', page)
    assert len(bars) == 90
    assert bars[-1] == ("2027-03-01", "major_outage")
    assert bars[0] == ("2026-12-02", "operational")
    assert "<script>alert" not in page
    assert 'style="' not in page
    assert [bar.state.value for bar in day_bars(log.record, "portal")] == [state for _, state in bars]


def test_days_before_the_publication_are_not_measured() -> None:
    log = MemoryLog(published="2027-02-20 00:00", now="2027-03-01 12:00")
    states = [bar.state.value for bar in day_bars(log.record, "portal")]
    assert (states.count("not_measured"), states.count("operational")) == (80, 10)


def test_the_page_prints_the_uptime_beside_the_promise_and_how_it_is_computed(log: MemoryLog) -> None:
    page = status_html(log.record, "/status/")
    sentence = r"99\.94\d % of 99\.9 % promised · 70\.0 of 128\.\d min used · 5\d\.\d min left · measured 100 %"
    assert re.search(sentence, page), re.findall(r'class="figures">([^<]*)', page)
    assert "announced at least 72 hours before" in page


def test_the_page_of_an_incident_shows_both_starts(log: MemoryLog) -> None:
    page = incident_html(log.record, "id1", "/status/")
    assert "Began <time" in page
    assert "Mon 2027-03-01 10:50 EST (15:50 UTC)" in page
    assert "First stated as" in page
    assert "Mon 2027-03-01 11:00 EST (16:00 UTC)" in page


def test_the_page_of_an_incident_shows_the_start_that_each_correction_set(log: MemoryLog) -> None:
    log.now = at("2027-03-01 12:20")
    log.act(CorrectIncident("id1", at("2027-03-01 10:40"), "an alert"))
    said = BeautifulSoup(incident_html(log.record, "id1", "/status/"), "html.parser").select("header p")
    assert [each.text for each in said[2:5]] == [
        "First stated as Mon 2027-03-01 11:00 EST (16:00 UTC).",
        "Corrected to Mon 2027-03-01 10:50 EST (15:50 UTC) on Mon 2027-03-01 12:00 EST (17:00 UTC): first errors",
        "Corrected to Mon 2027-03-01 10:40 EST (15:40 UTC) on Mon 2027-03-01 12:20 EST (17:20 UTC): an alert",
    ]


def test_a_reader_sees_the_impact_and_what_each_update_changed() -> None:
    log = MemoryLog(now="2027-03-01 12:00")
    log.act(OpenIncident("Down", {"portal": "major_outage", "acme-vpn": "major_outage"}))
    log.act(UpdateIncident("id1", components={"portal": "partial_outage"}))
    front = BeautifulSoup(status_html(log.record, "/status/"), "html.parser").select_one("section.incident")
    assert front is not None and "Impact: critical" in front.text
    said = [each.text for each in front.select("article .changes")]
    assert said == ["CAS portal: ◐ partial outage", "CAS portal: ✕ major outage"]
    log.act(UpdateIncident("id1", "resolved"))
    own = BeautifulSoup(incident_html(log.record, "id1", "/status/"), "html.parser")
    assert [each.text for each in own.select("article .changes")] == ["CAS portal: ✓ operational", *said]
    assert "Impact: critical." in own.text
    bodies = [each.findtext(f"{ATOM}content") for each in ElementTree.fromstring(feed(log.record, "atom")).iter()]
    assert "CAS portal: partial outage" in bodies


def test_what_was_written_late_is_shown_with_the_time_of_writing() -> None:
    log = MemoryLog(now="2027-03-01 12:00")
    work = "2027-02-20 02:00", "2027-02-20 04:00"
    log.act(AnnounceMaintenance("Upgrade", ("portal",), at(work[0]), at(work[1]), announced_at=at("2027-02-10 09:00")))
    log.act(OpenIncident("Down", {"portal": "major_outage"}, at=at("2027-03-01 11:00")))
    log.act(UpdateIncident("id2", "identified"))
    shown = [
        BeautifulSoup(incident_html(log.record, each, "/status/"), "html.parser").select("article p")
        for each in ("id1", "id2")
    ]
    assert [each.text for part in shown for each in part if each.time] == [
        "Wed 2027-02-10 09:00 EST (14:00 UTC), written Mon 2027-03-01 12:00 EST (17:00 UTC)",
        "Mon 2027-03-01 12:00 EST (17:00 UTC)",
        "Mon 2027-03-01 11:00 EST (16:00 UTC), written Mon 2027-03-01 12:00 EST (17:00 UTC)",
    ]


def test_a_group_is_updated_when_the_state_of_a_member_changes(log: MemoryLog) -> None:
    group, portal, *_ = json.loads(exported_files(log.record)["api/v2/summary.json"])["components"]
    assert group["updated_at"] == portal["updated_at"] == "2027-03-01T10:50:00.000-05:00"


def test_the_export_is_whole_and_leads_only_to_its_own_files(log: MemoryLog) -> None:
    files = exported_files(log.record)
    for name, content in files.items():
        if name.endswith(".html"):
            for link in re.findall(r'(?:href|src)="([^"#]+)"', content.decode()):
                if not link.startswith("https://"):
                    assert normpath(join(dirname(name), link)) in files, (name, link)


def test_the_addresses_of_incidents_in_feed_and_json_lead_to_files_of_the_export(log: MemoryLog) -> None:
    files = exported_files(log.record)
    host = f"{log.record.page.url}/"
    incident = json.loads(files["api/v2/incidents.json"])["incidents"][0]
    entry = re.findall(r'<entry>.*?href="([^"]+)"', files["feed.atom"].decode(), re.DOTALL)[0]
    # A web host answers the address of a folder with its index.html.
    for address in (incident["shortlink"], entry.partition("#")[0]):
        assert f"{address.removeprefix(host)}/index.html" in files, address


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ({}, "All Systems Operational"),
        ({"portal": "degraded_performance"}, "Partially Degraded Service"),
        ({"portal": "partial_outage"}, "Minor Service Outage"),
        ({"dns": "major_outage"}, "Partial System Outage"),
        ({"portal": "major_outage"}, "Partial System Outage"),  # The only core component: core rules the uptime alone.
        (dict.fromkeys(("portal", "api", "dns"), "partial_outage"), "Partial System Outage"),
        (dict.fromkeys(("portal", "api", "dns"), "major_outage"), "Major System Outage"),
        (dict.fromkeys(("portal", "api", "dns"), "degraded_performance"), "Degraded System Service"),
    ],
)
def test_the_top_line_has_statuspages_words(states: dict[str, str], words: str) -> None:
    log = MemoryLog()
    log.act(OpenIncident("x", states))
    assert top_line(log.record).words == words


def test_the_uptime_of_a_review_is_that_of_the_terminal(log: MemoryLog) -> None:
    window = Window(at("2027-02-01 00:00"), at("2027-04-01 00:00"))
    found = uptime_of(log, window, log.now)
    assert found is not None
    assert found.figures == log.uptime("2027-02-01 00:00", "2027-04-01 00:00")["page"]
    assert found.sentence.startswith("99.829 % of 99.9 % promised · 70.0 of 41.0 min used · 29.0 min over · ")
    names = [name for name, _ in found.parts]
    assert names == ["Application", "CAS portal", "API", "DNS provider"]
    assert found.parts[1][1]["sla"] == found.figures["sla"]
    acme = uptime_of(log, window, log.now, "ACME Ltd")
    assert acme is not None and [name for name, _ in acme.parts] == [*names, "VPN of Acme"]
    log.files = []
    assert uptime_of(log, window, log.now) is None
