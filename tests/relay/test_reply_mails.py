"""Writing the mails with replies from the log: each once, and none of long ago."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from oncall.paging.actions.reply_mails import KEPT_EVERY, OLDEST, ReplyMails
from oncall.paging.domain.events import EventKind
from oncall.paging.ports.outgoing_mail import mail_from_body
from oncall.paging.ports.relay import CUSTOMER_MAIL, REPLIES_MAILED, RelayFilter
from tests.paging.world import World

SENDER = "support@itopia.example"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    scene = World(tmp_path)
    scene.publish()
    scene.post("T-1", impact="low", contact="kim@acme.example")
    fill(scene, mails())
    yield scene
    scene.store.close()


def mails() -> ReplyMails:
    return ReplyMails("https://oncall.example", SENDER)


def fill(world: World, found_by: ReplyMails) -> bool:
    """Run one round. Returns False if another process was faster, or nothing is to be written."""
    now, real_now = world.clock.now(), world.clock.real_now()
    found = world.store.read(lambda tx: found_by.find(tx, now=now, real_now=real_now))
    if found is None:
        return False
    return world.store.write(lambda tx: found_by.store(tx, found, now=now, real_now=real_now))


def texts(world: World) -> list[str]:
    found = world.store.read(lambda tx: tx.relay_messages(RelayFilter(to=CUSTOMER_MAIL)))
    return [mail_from_body(message.body).text for message in sorted(found, key=lambda each: each.position)]


def test_two_processes_write_one_mail(world: World) -> None:
    world.act(EventKind.REPLIED, "ana", message="Hello")
    one, other = mails(), mails()
    now, real_now = world.clock.now(), world.clock.real_now()
    looks = [world.store.read(partial(each.find, now=now, real_now=real_now)) for each in (one, other)]
    stored = []
    for each, found in zip((one, other), looks, strict=True):
        assert found is not None
        stored.append(world.store.write(partial(each.store, found=found, now=now, real_now=real_now)))
    assert stored == [True, False]
    assert len(texts(world)) == 1
    assert not fill(world, other)


def test_after_an_outage_only_replies_of_the_last_day_are_mailed(world: World) -> None:
    world.act(EventKind.REPLIED, "ana", message="of long ago")
    world.clock.moment += OLDEST + timedelta(minutes=1)
    world.act(EventKind.UPDATED, "ana", message="of today")
    assert fill(world, mails())
    assert not fill(world, mails())
    assert ["of today" in text for text in texts(world)] == [True]


def test_a_service_that_gets_its_mail_settings_later_mails_from_then_on(tmp_path: Path) -> None:
    scene = World(tmp_path)
    scene.publish()
    scene.post("T-1", impact="low", contact="kim@acme.example")
    scene.act(EventKind.REPLIED, "ana", message="before")
    later = mails()
    assert fill(scene, later)
    scene.act(EventKind.REPLIED, "ana", message="after")
    assert fill(scene, later)
    assert ["after" in text for text in texts(scene)] == [True]
    scene.store.close()


def test_the_place_is_stored_now_and_then_although_nobody_replies(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = world.store.read(lambda tx: tx.relay_cursor(REPLIES_MAILED))
    world.post("T-2", impact="low")
    assert not fill(world, mails())
    assert world.store.read(lambda tx: tx.relay_cursor(REPLIES_MAILED)) == place
    monkeypatch.setattr("oncall.paging.actions.reply_mails.KEPT_EVERY", 1)
    assert fill(world, mails())
    assert world.store.read(lambda tx: tx.relay_cursor(REPLIES_MAILED)) == world.store.read(lambda tx: tx.last_event())
    assert KEPT_EVERY > 1000


def test_a_ticket_with_many_links_is_mailed_about_without_another_one(world: World) -> None:
    one = mails()
    for number in range(16):
        world.act(EventKind.UPDATED, "ana", message=f"update {number}")
        assert fill(world, one)
    assert ["/t/" in text for text in texts(world)] == [True] * 15 + [False]


def test_a_reply_on_a_duplicate_goes_to_its_own_contact(world: World) -> None:
    world.post("T-2", impact="low", contact="joe@acme.example")
    world.act(EventKind.MERGED, "ana", "T-2", into="T-1")
    world.act(EventKind.REPLIED, "ana", "T-2", message="for Joe")
    assert fill(world, mails())
    found = world.store.read(lambda tx: tx.relay_messages(RelayFilter(to=CUSTOMER_MAIL)))
    assert [(each.ticket, mail_from_body(each.body).to) for each in found] == [("T-2", "joe@acme.example")]
