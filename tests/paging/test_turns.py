"""Queued pages and the rate limits of a phone and of the sender."""

from __future__ import annotations

import asyncio
from pathlib import Path

from doubles.twilio_account import segments
from oncall.errors import Temporary
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.reachability import Alert
from tests.paging.mortals import FakePhones
from tests.paging.pagers import engine_with
from tests.paging.storm import LIMITS, MINUTE, SECOND, high, limited, seen_by
from tests.paging.world import World

SENDER = """\
limits:
  bundle_for: 0s
  bundle_urgent_for: 0s
  per_phone: {most: 100, within: 60s}
  sender: {most: %d, within: 10s}
"""


def test_two_people_s_phones_do_not_wait_for_each_other(world: World) -> None:
    world.post("U-1")
    world.advance(10 * MINUTE)
    world.expect_page("ana")
    world.expect_page("ana")
    world.expect_page("ben")
    high(world, "T-1")
    world.expect_page("ana", containing="T-1")


def test_without_a_span_no_page_waits_for_others(tmp_path: Path) -> None:
    world = limited(tmp_path, LIMITS.replace("bundle_for: 10s", "bundle_for: 0s"))
    high(world, "T-1")
    high(world, "T-2")
    assert len(seen_by(world, "ana")) == 2
    world.close()


def test_a_phone_gets_so_many_messages_in_a_span_and_no_more(tmp_path: Path) -> None:
    limits = "limits: {bundle_for: 1s, per_phone: {most: 2, within: 60s}}\n"
    world = limited(tmp_path, limits)
    for number in range(6):
        high(world, f"T-{number}")
        world.advance(5 * SECOND)
    assert len(seen_by(world, "ana")) == 2
    world.advance(30 * SECOND)
    assert [body.split()[1] for body in seen_by(world, "ana")] == ["T-0", "T-1", "T-2"]
    assert " And 3 more: " in seen_by(world, "ana")[-1]
    assert "ana had 2 messages in the last 1 min" in world.events("T-2")[-2].why
    world.close()


def test_the_sender_sends_so_many_messages_in_a_span_pages_first(tmp_path: Path) -> None:
    world = limited(tmp_path, SENDER % 2)
    world.post("U-1")
    world.post("U-2")
    world.run()
    assert len(seen_by(world, "ana")) == 2
    world.act(EventKind.ACKNOWLEDGED, "ben", "U-1")
    high(world, "T-1")
    world.expect_silence()
    world.advance(10 * SECOND)
    world.expect_page("ana", containing="HIGH T-1")
    world.expect_page("ana", containing="U-1 is taken by")
    assert "all phones together had 2 segments in the last 10 s" in world.events("T-1")[-1].why
    world.close()


def test_the_alert_about_a_stop_counts_for_the_sender(tmp_path: Path) -> None:
    world = limited(tmp_path, SENDER % 2)
    high(world, "T-1")
    world.expect_page("ana", containing="T-1")
    world.sms("ben", "STOP")
    world.expect_page("mei", containing="WARNING: Ben Okafor")
    high(world, "T-2")
    world.expect_silence()
    assert "all phones together had 2 segments in the last 10 s" in world.events("T-2")[-1].why
    world.post("U-1")
    world.run()
    world.expect_page("ana", containing="URGENT U-1 ")
    world.advance(20 * SECOND)
    world.expect_page("ana", containing="T-2")
    world.close()


def test_the_word_that_somebody_sent_stop_waits_for_its_turn_and_goes_before_pages(tmp_path: Path) -> None:
    world = limited(tmp_path, SENDER % 1)
    high(world, "T-1")
    world.expect_page("ana", containing="T-1")
    high(world, "T-2")
    world.sms("ben", "STOP")
    world.expect_silence()
    world.clock.moment += 10 * SECOND
    world.run()
    world.expect_page("mei", containing="WARNING: Ben Okafor")
    world.expect_silence()
    world.clock.moment += 10 * SECOND
    world.run()
    world.expect_page("ana", containing="T-2")
    world.close()


def test_the_word_that_somebody_sent_stop_waits_ten_minutes_at_most(tmp_path: Path) -> None:
    world = limited(tmp_path, "limits: {bundle_for: 0s, sender: {most: 1, within: 1h}}\n")
    world.post("U-1")
    world.run()
    world.expect_page("ana", containing="U-1")
    world.act(EventKind.ACKNOWLEDGED, "ana", "U-1")
    world.sms("ben", "STOP")
    world.clock.moment += 10 * MINUTE - SECOND
    world.run()
    world.expect_silence()
    now = world.clock.moment
    world.store.write(lambda tx: tx.add_alert(Alert("f" * 32, "another", "mei", "Another.", now, now)))
    world.clock.moment += SECOND
    world.run()
    world.expect_page("mei", containing="WARNING: Ben Okafor")
    world.expect_silence()
    world.close()


def test_a_call_that_tells_of_a_stop_is_no_text(tmp_path: Path) -> None:
    world = limited(tmp_path, SENDER % 1)
    world.voice = FakePhones()
    world.sms("mei", "STOP")
    world.sms("ben", "STOP")
    assert [message.to for message in world.voice.sent] == ["mei"]
    high(world, "T-1")
    world.expect_page("ana", containing="T-1")
    world.close()


def test_a_word_of_a_stop_that_was_refused_is_no_text_that_went_out(tmp_path: Path) -> None:
    world = limited(tmp_path, SENDER % 1)
    world.phones.fail(Temporary("no network"))
    world.sms("ben", "STOP")
    high(world, "T-1")
    world.expect_page("ana", containing="T-1")
    world.clock.moment += 10 * SECOND
    world.run()
    world.expect_page("mei", containing="WARNING: Ben Okafor")
    world.close()


def test_answers_wait_for_nothing_and_count_for_the_sender_segment_by_segment(tmp_path: Path) -> None:
    world = limited(tmp_path, SENDER % 7)
    names = [f"U-{number}" for number in range(60)]
    for name in names:
        world.post(name)
    world.run()
    assert len(seen_by(world, "ana")) == 60
    world.advance(10 * SECOND)
    answer = world.sms("ana", "WHO")
    assert segments(answer) == 3
    assert world.sms("ana", "WHO") == answer
    world.advance(SECOND)
    high(world, "T-1")
    world.expect_page("ana", containing="T-1")
    high(world, "T-2")
    world.expect_silence()
    assert world.sms("ana", "WHO").startswith("primary: Ana Pereira")
    assert "all phones together had 7 segments in the last 10 s" in world.events("T-2")[-1].why
    world.advance(20 * SECOND)
    world.expect_page("ana", containing="T-2")
    world.close()


def test_answers_to_somebody_s_own_texts_do_not_make_their_pages_wait(tmp_path: Path) -> None:
    world = limited(tmp_path, "limits: {bundle_for: 0s, per_phone: {most: 1, within: 60s}}\n")
    world.sms("ana", "WHO")
    high(world, "T-1")
    world.expect_page("ana", containing="T-1")
    world.close()


def test_no_page_waits_beyond_its_own_step(tmp_path: Path) -> None:
    world = limited(tmp_path, "limits: {per_phone: {most: 1, within: 1h}}\n")
    high(world, "T-1")
    world.expect_page("ana", containing="T-1")
    high(world, "T-2")
    world.advance(5 * MINUTE - 6 * SECOND)
    world.expect_silence()
    world.advance(SECOND)
    world.expect_page("ana", containing="T-2")
    world.read_all()
    world.close()


def test_a_turn_is_given_by_one_pager_at_a_time(world: World) -> None:
    high(world, "T-1")
    world.expect_page("ana", containing="T-1")
    for name in ("T-2", "T-3"):
        world.post(name, impact="high", plan="business-critical")

    async def story() -> None:
        pagers = [engine_with(world, world.phones, worker=name) for name in ("one", "two", "three")]
        for _ in range(70):
            await asyncio.gather(*(pager.run_once() for pager in pagers))
            await asyncio.gather(*(pager.settle() for pager in pagers))
            world.clock.moment += SECOND / 2

    asyncio.run(story())
    world.expect_page("ana", containing=" And 1 more: ")
    world.expect_silence()
