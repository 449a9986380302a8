"""Events that happen by themselves on the page are told once: reminders, beginnings, ends, and machines' incidents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest

from oncall.paging.actions.subscriptions import Asked, subscribe_hook
from oncall.paging.outgoing.status_clock import note_due_events
from oncall.paging.ports.relay import RelayMessage
from oncall.paging.ports.store import Transaction
from oncall.paging.ports.subscribers import Subscriber
from oncall.status.monitoring import note_looks
from oncall.status.proposal_actions import PublishProposal
from oncall.status.status_actions import (
    AnnounceMaintenance,
    CancelMaintenance,
    OpenIncident,
    RescheduleMaintenance,
    UpdateIncident,
)
from oncall.status.status_pages import feed, incident_html
from oncall.status.status_record import read_status
from oncall.status.statuspage_json import documents
from tests.paging.world import at
from tests.status.readers import BASE, Readers
from tests.status.watched import BY_ITSELF, EVERY, SEEN

START, END = "2027-01-20 02:00", "2027-01-20 04:00"
WORK = AnnounceMaintenance("Upgrade", ("portal",), at(START), at(END))
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


class Days(Readers):
    """Readers of a page on which time passes."""

    def tick(self) -> list[str]:
        """Let the service look, and return what it wrote into the log."""
        now = self.world.clock.now()
        found = self.world.store.write(lambda tx: note_due_events(tx, now))
        return [event.kind.value for event in found]

    def to(self, text: str) -> list[str]:
        """Go to a New York time, and let the service look there twice."""
        self.world.clock.moment = at(text)
        return self.tick() + self.tick()

    def look(self, script: str) -> None:
        """Let a monitor look at the portal every 30 seconds."""
        for sign in script:
            now = self.world.clock.now()

            def work(tx: Transaction, now: datetime = now, sign: str = sign) -> object:
                return note_looks(tx, {"portal": SEEN[sign]}, now, EVERY, lambda: "p1")

            self.world.store.write(work)
            self.tick()
            self.wait(EVERY)

    def hook(self, *components: str) -> Subscriber:
        now, asked = self.world.clock.now(), Asked("", components, "192.0.2.7", BASE)
        url = "https://hooks.example.com/x"
        return self.world.store.write(lambda tx: subscribe_hook(tx, url, asked, now=now, real_now=now))

    def posts(self) -> list[dict[str, Any]]:
        return [json.loads(each.body) for each in self.messages()]

    def changes(self) -> list[tuple[str, str, str]]:
        """Return the new posts about components: which one, its state before and after."""
        found = [each["component_update"] for each in self.posts() if "component_update" in each]
        return [(each["component_id"], each["old_status"], each["new_status"]) for each in found]


@pytest.fixture
def days(tmp_path: Path) -> Iterator[Days]:
    found = Days(tmp_path)
    yield found
    found.world.close()


def test_a_maintenance_is_announced_reminded_begun_changed_and_ended_each_told_once(days: Days) -> None:
    days.joined("ana@example.org", "portal")
    days.act(WORK)
    assert days.to("2027-01-19 01:59") == []
    assert days.to("2027-01-19 02:00") == ["reminded"]
    assert days.to("2027-01-20 01:59") == []
    assert days.to("2027-01-20 02:00:20") == ["began"]
    days.act(RescheduleMaintenance("id1", end=at("2027-01-20 05:00")))
    assert days.to(END) == []
    assert days.to("2027-01-20 05:00") == ["ended"]
    assert days.to("2027-01-21 05:00") == []
    told = days.mails()
    assert [mail.subject.removeprefix("[itopia CAS] ") for mail in told] == [
        "Maintenance: Upgrade", "Reminder: Upgrade", "In progress: Upgrade", "New times: Upgrade", "Completed: Upgrade",
    ]  # fmt: skip
    assert "When: Wed 2027-01-20 02:00 EST (07:00 UTC) to Wed 2027-01-20 04:00 EST (09:00 UTC)" in told[1].text
    assert "The maintenance begins soon." in told[1].text


def test_a_moved_maintenance_is_reminded_and_begins_again_and_a_cancelled_one_does_not(days: Days) -> None:
    days.act(WORK)
    assert days.to("2027-01-19 12:00") == ["reminded"]
    days.act(RescheduleMaintenance("id1", start=at("2027-01-22 02:00"), end=at("2027-01-22 04:00")))
    assert days.to(START) == []
    assert days.to("2027-01-21 12:00") == ["reminded"]
    assert days.to("2027-01-22 02:00") == ["began"]
    days.act(CancelMaintenance("id1"))
    assert days.to("2027-01-22 04:00") == []


def test_a_maintenance_that_is_announced_within_the_lead_needs_no_reminder(days: Days) -> None:
    days.world.clock.moment = at("2027-01-19 12:00")
    days.act(WORK)
    assert days.to("2027-01-20 01:00") == []
    assert days.to(START) == ["began"]


def test_a_maintenance_that_is_recorded_afterwards_neither_begins_nor_ends(days: Days) -> None:
    start, end, announced = (at(each) for each in ("2027-01-09 01:00", "2027-01-09 02:00", "2027-01-05 01:00"))
    days.act(AnnounceMaintenance("Old", ("portal",), start, end, announced))
    assert days.to("2027-01-09 03:30") == []


def test_the_lead_of_reminders_is_the_policys(days: Days) -> None:
    days.world.publish(status=BY_ITSELF.replace("promise: 99.9,", "promise: 99.9, remind_before: 2h,"))
    days.act(WORK)
    assert days.to("2027-01-19 23:59") == []
    assert days.to("2027-01-20 00:00") == ["reminded"]


def test_the_feed_the_page_and_the_json_say_what_was_told(days: Days) -> None:
    days.act(WORK)
    for each in ("2027-01-19 02:00", START, END):
        days.to(each)
    record = days.world.store.read(lambda tx: read_status(tx, days.world.clock.now()))
    titles = [entry.title for entry in feedparser.parse(feed(record, "atom")).entries]
    assert titles == ["Completed: Upgrade", "In progress: Upgrade", "Reminder: Upgrade", "Maintenance: Upgrade"]
    listed: Any = documents(record)["scheduled-maintenances.json"]["scheduled_maintenances"]
    updates = [update["status"] for update in listed[0]["incident_updates"]]
    assert updates == ["completed", "in_progress", "scheduled"]
    html = incident_html(record, "id1", "/status/")
    assert html.index("Completed") < html.index("In progress") < html.index("Reminder") < html.index("Announced")


def published_with_a_monitor(days: Days) -> None:
    days.world.publish(status=BY_ITSELF)


def test_an_incident_that_publishes_itself_is_told_then_and_so_is_its_end(days: Days) -> None:
    published_with_a_monitor(days)
    days.joined()
    days.look("+++---")
    days.look("-" * 19)
    assert days.subjects() == []
    days.look("-" * 5)
    (mail,) = days.mails()
    assert mail.subject == "[itopia CAS] Investigating: Problem with CAS portal"
    assert "Our monitoring gets no good answer from CAS portal." in mail.text
    days.look("-" * 5 + "+++")
    assert days.subjects() == ["[itopia CAS] Resolved: Problem with CAS portal"]


def test_an_incident_that_a_person_publishes_after_its_end_is_told_as_ended(days: Days) -> None:
    published_with_a_monitor(days)
    days.joined()
    days.look("+++---+++")
    days.act(PublishProposal("p1"))
    assert days.tick() == []
    assert days.subjects() == ["[itopia CAS] Resolved: Problem with CAS portal"]


def test_an_outage_that_ends_before_it_is_public_is_never_told(days: Days) -> None:
    published_with_a_monitor(days)
    days.joined()
    days.look("+++---+++" + "+" * 30)
    assert days.subjects() == []


def test_a_webhook_gets_the_change_of_each_component_that_it_chose(days: Days) -> None:
    days.hook("app")
    days.act(OpenIncident("Down", {"portal": "major_outage", "dns": "major_outage", "acme-vpn": "major_outage"}))
    incident, component = sorted(days.posts(), key=lambda each: "component_update" in each)
    assert incident["incident"]["name"] == "Down" and "component_update" not in incident
    assert set(component) == {"meta", "page", "component_update", "component"}
    update = component["component_update"]
    assert set(update) == {"id", "component_id", "component_type", "old_status", "new_status", "created_at"}
    assert (update["old_status"], update["new_status"]) == ("operational", "major_outage")
    assert (component["component"]["id"], component["component"]["status"]) == ("portal", "major_outage")
    assert update["created_at"] == "2027-01-09T08:12:00.000Z"
    assert component["meta"]["generated_at"].endswith("Z")
    assert incident["incident"]["created_at"] == "2027-01-09T08:12:00.000Z"
    days.wait(MINUTE)
    days.act(UpdateIncident("id1", "identified"))
    assert days.changes() == []
    days.wait(MINUTE)
    days.act(UpdateIncident("id1", "resolved"))
    assert days.changes() == [("portal", "major_outage", "operational")]


def test_a_component_that_another_incident_holds_down_does_not_change(days: Days) -> None:
    days.hook()
    days.act(OpenIncident("Down", {"portal": "major_outage"}))
    days.wait(MINUTE)
    days.act(OpenIncident("Slow", {"portal": "degraded_performance"}))
    assert days.changes() == [("portal", "operational", "major_outage")]
    days.wait(MINUTE)
    days.act(UpdateIncident("id1", "resolved"))
    assert days.changes() == [("portal", "major_outage", "degraded_performance")]


def test_a_webhook_gets_the_changes_of_a_maintenance_when_it_begins_and_ends(days: Days) -> None:
    days.hook()
    days.act(WORK)
    days.to("2027-01-19 02:00")
    told = next(each["incident"] for each in days.posts() if each["incident"]["scheduled_reminded_at"])
    assert (told["status"], told["scheduled_reminded_at"], told["scheduled_remind_prior"]) == (
        "scheduled", "2027-01-19T07:00:00.000Z", True,
    )  # fmt: skip
    assert days.changes() == []
    days.to(START)
    assert days.changes() == [("portal", "operational", "under_maintenance")]
    days.to(END)
    assert days.changes() == [("portal", "under_maintenance", "operational")]


def test_every_message_to_a_webhook_has_an_id_of_its_own(days: Days) -> None:
    days.hook()
    days.act(OpenIncident("Down", {"portal": "major_outage", "api": "partial_outage"}))
    found: list[RelayMessage] = days.messages()
    assert len({each.id for each in found}) == len(found) == 3
