"""A ticket's link in its messages: present when it fits whole, and never instead of required content."""

from __future__ import annotations

from datetime import timedelta

import pytest

from doubles.twilio_account import segments
from oncall.paging.domain.events import EventKind
from oncall.support.policy_file import packaged_policy_text
from tests.paging.world import World, at

LINK = "https://help.example.com/agent/tickets/1001"


def test_a_page_has_the_link_of_its_ticket(world: World) -> None:
    world.post(url=LINK)
    world.run()
    assert world.expect_page("ana").body == (
        f"URGENT T-1 Acme Ltd (STD): Sessions do not start. {LINK} 1st reply by Sat 04:12 EST. Reply ACK {world.code()}"
    )


def test_a_long_subject_gives_way_to_the_link_but_keeps_twenty_characters(world: World) -> None:
    world.post(url=LINK, subject="abcd " * 100)
    world.run()
    text = world.expect_page("ana").body
    assert f" {LINK} 1st reply" in text
    assert len(text.partition(": ")[2].partition(" http")[0]) >= 20
    assert segments(text) == 1


@pytest.mark.parametrize("url", ["https://x.example/" + "y" * 100, "see the wiki", "https://例え.jp/チケット"])
def test_a_link_that_does_not_fit_or_is_none_is_left_out_whole(world: World, url: str) -> None:
    world.post(url=url)
    world.run()
    assert world.expect_page("ana").body == (
        f"URGENT T-1 Acme Ltd (STD): Sessions do not start. 1st reply by Sat 04:12 EST. Reply ACK {world.code()}"
    )


def test_a_link_keeps_every_character_and_those_that_count_twice_are_counted_so(world: World) -> None:
    odd = "https://x.example/~a[1]_{2}|^" + "~" * 3
    world.post(url=odd)
    world.run()
    text = world.expect_page("ana").body
    assert f" {odd} " in text
    assert segments(text) == 1


def test_a_page_in_other_letters_has_the_link_where_two_segments_have_room(world: World) -> None:
    world.post(url="https://x.example/1", subject="サーバー停止")
    world.run()
    text = world.expect_page("ana").body
    assert "サーバー停止. https://x.example/1 1st reply by" in text
    assert segments(text) == 2


def test_a_policy_may_keep_links_out_of_messages(world: World) -> None:
    world.publish(policy=packaged_policy_text().replace("link: true", "link: false"))
    world.post(url=LINK)
    world.run()
    assert LINK not in world.expect_page("ana").body


def test_a_warning_a_breach_and_a_handover_have_the_link_too(world: World) -> None:
    world.post(url="https://x.example/1", impact="normal")
    world.run()
    world.act(EventKind.ACKNOWLEDGED, "ana")
    world.advance(at("2027-01-11 08:00") - world.clock.moment)
    world.advance(timedelta(days=4))
    bodies = [message.body for message in world.unread()]
    world.read_all()
    for start in ("DUE SOON", "BREACH"):
        (text,) = [body for body in bodies if body.startswith(start) and "1st reply" in body][:1]
        assert text.endswith(" https://x.example/1")


def test_a_bundle_has_the_link_of_its_first_ticket_where_all_codes_fit(world: World) -> None:
    world.post("T-0", impact="high", plan="business-critical")
    world.run()
    world.expect_page("ana", containing="T-0")
    for number in (1, 2):
        world.post(f"T-{number}", impact="high", plan="business-critical", url=f"https://x.example/{number}")
    world.advance(timedelta(seconds=10))
    text = world.expect_page("ana").body
    assert "https://x.example/1 And 1 more: " in text
    assert segments(text) == 1
