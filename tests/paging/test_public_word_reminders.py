"""An open incident on which the page is silent is told to its author, or to the engineer on call, by SMS."""

from __future__ import annotations

from datetime import timedelta

from oncall.paging.actions.status_on_page import record_on_page
from oncall.paging.domain.events import EventKind
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.outgoing.public_word_reminders import remind_of_silence
from oncall.status.status_actions import OpenIncident, StatusAction, StatusAuthor, UpdateIncident
from tests.paging.world import STATUS, World

DOWN = OpenIncident("Portal down", {"portal": "major_outage"})


def act(world: World, action: StatusAction, by: str) -> str:
    author = StatusAuthor(by, world.clock.now(), may_backdate=True)
    return world.store.write(lambda tx: record_on_page(tx, action, author))


def wait(world: World, minutes: int) -> list[str]:
    """Let minutes pass with a look at each; return the incidents for which a reminder was written."""
    told: list[str] = []
    for _ in range(minutes):
        world.advance(timedelta(minutes=1))
        context = ActionContext("oncall", world.clock.now(), world.clock.real_now())
        told += world.store.write(lambda tx: remind_of_silence(tx, context))  # noqa: B023
    world.advance(timedelta(seconds=1))
    return told


def test_the_author_is_reminded_after_half_an_hour_and_then_each_half_hour(world: World) -> None:
    incident = act(world, DOWN, "ben")
    assert wait(world, 29) == []
    assert wait(world, 1) == [incident]
    words = f"Write on the status page: no word on Portal down for 30 min. oncall status update {incident}"
    world.expect_page("ben", containing=words)
    assert wait(world, 28) == []
    assert wait(world, 4) == [incident]
    world.expect_page("ben", containing="for 1 h")


def test_a_word_on_the_page_ends_the_reminders_for_another_half_hour(world: World) -> None:
    incident = act(world, DOWN, "ben")
    assert wait(world, 20) == []
    act(world, UpdateIncident(incident, "identified"), "ben")
    assert wait(world, 29) == []
    act(world, UpdateIncident(incident, "resolved"), "ben")
    assert wait(world, 60) == []


def test_the_engineer_on_call_is_reminded_when_the_author_is_not_on_the_roster(world: World) -> None:
    incident = act(world, DOWN, "root")
    assert wait(world, 30) == [incident]
    world.expect_page("ana", containing="Write on the status page")


def test_the_engineer_who_has_the_ticket_is_reminded_before_the_one_on_call(world: World) -> None:
    world.post()
    world.act(EventKind.ACKNOWLEDGED, "ben")
    world.read_all()
    incident = act(world, OpenIncident("Portal down", {"portal": "major_outage"}, ticket="T-1"), "root")
    assert wait(world, 30) == [incident]
    assert any(each.to == "ben" and "Write on the status page" in each.body for each in world.unread())
    world.read_all()


def test_the_interval_is_that_of_the_status_file(world: World) -> None:
    world.publish(status=STATUS.replace("promise: 99.9,", "promise: 99.9, remind_after: 10m,"))
    incident = act(world, DOWN, "ben")
    assert wait(world, 33) == [incident] * 3
    world.read_all()


def test_an_incident_of_a_private_component_sends_no_reminder(world: World) -> None:
    act(world, OpenIncident("VPN down", {"acme-vpn": "major_outage"}), "ben")
    assert wait(world, 40) == []
