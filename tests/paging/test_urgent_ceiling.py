"""A flood of urgent tickets: beyond a ceiling the pages go as one summary a minute, and nothing is lost."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from oncall.paging.actions.intake import accept
from oncall.paging.actions.posted_ticket import parse_ticket
from oncall.paging.domain.pager_events import PageBundled, PageWaits
from oncall.paging.domain.ticket import AttemptStatus, TicketStatus
from oncall.paging.outgoing.messages import summary_text
from tests.paging.storm import LIMITS, MINUTE, SECOND, limited, page_of, seen_by
from tests.paging.world import World, ticket_body

TIGHT = LIMITS + "  bundle_urgent_for: 0s\n  urgent_per_phone: {most: 5, within: 5m}\n"
PER_CALLER = LIMITS + "  bundle_urgent_for: 0s\n  urgent_per_caller: {most: 3, within: 5m}\n"


def post_by(world: World, caller: str, name: str) -> None:
    context, body = replace(world.engine().context(caller), lease_until=None), ticket_body(name)
    world.store.write(lambda tx: accept(tx, parse_ticket(body, tx.policy(), context.now), context))


def flood(world: World, count: int) -> list[str]:
    """Post urgent tickets, one a second, with the pager at work."""
    names = [f"F-{number}" for number in range(count)]
    for name in names:
        world.post(name)
        world.advance(SECOND)
    return names


@pytest.mark.slow
def test_beyond_the_ceiling_of_a_phone_one_summary_a_minute_goes_on(tmp_path: Path) -> None:
    world = limited(tmp_path, TIGHT)
    names = flood(world, 130)
    world.advance(MINUTE)
    told = [body for body in seen_by(world, "ana") if "F-" in body or "in a flood" in body]
    alone, summaries = [body for body in told if "flood" not in body], [body for body in told if "flood" in body]
    assert len(alone) == 5
    assert [body.split()[1] for body in summaries] == ["1", "59", "60", "5"]
    assert summaries[1].startswith(f"URGENT 59 tickets in a flood, newest: {world.code('F-64')} ")
    assert summaries[1].endswith(
        f". List all: send WHO, or run oncall tickets. Reply ACK ALL or ACK {world.code('F-64')}"
    )
    assert {page_of(world, name).status for name in names} == {AttemptStatus.ACCEPTED}
    world.close()


def test_the_attempts_of_summarised_tickets_carry_the_message_s_id_and_the_log_says_so(tmp_path: Path) -> None:
    world = limited(tmp_path, TIGHT)
    flood(world, 30)
    world.advance(MINUTE)
    world.read_all()
    pages = [page_of(world, f"F-{number}") for number in range(6, 30)]
    assert len({page.provider_id for page in pages}) == 1
    assert {page.is_summary for page in pages} == {True}
    why = "ana had 5 messages in the last 5 min with urgent pages (limits.urgent_per_phone)"
    (waits,) = world.logged(PageWaits, "F-10")
    assert waits.why == f"waits 55 s to go with other pages for ana: {why}"
    (together,) = world.logged(PageBundled, "F-10")
    assert together.why == f"is summarised for ana, 24 pages in one message: {why}"
    world.close()


def test_one_caller_s_flood_does_not_delay_another_caller_s_urgent_page(tmp_path: Path) -> None:
    world = limited(tmp_path, PER_CALLER)
    for number in range(20):
        post_by(world, "loud", f"L-{number}")
        world.run()
    told = seen_by(world, "ana")
    assert [body.split()[1] for body in told] == ["L-0", "L-1", "L-2", "1"]
    post_by(world, "quiet", "Q-1")
    world.run()
    assert seen_by(world, "ana")[-1].startswith("URGENT Q-1 ")
    world.advance(MINUTE)
    assert "URGENT 16 tickets in a flood" in seen_by(world, "ana")[-1]
    assert "tickets of loud caused 3 messages in the last 5 min (limits.urgent_per_caller)" in (
        world.logged(PageBundled, "L-9")[0].why
    )
    world.close()


def test_a_summary_is_answered_by_ack_all_and_by_each_code(tmp_path: Path) -> None:
    world = limited(tmp_path, TIGHT)
    names = flood(world, 10)
    world.advance(MINUTE)
    world.read_all()
    assert world.sms("ana", world.code("F-8")).startswith("F-8 is yours.")
    assert world.sms("ana", "ACK ALL").startswith("9 are yours: ")
    world.read_all()
    assert {world.ticket(name).status for name in names} == {TicketStatus.ACKNOWLEDGED}
    world.close()


def test_below_the_ceiling_again_pages_go_at_once_again(tmp_path: Path) -> None:
    world = limited(tmp_path, TIGHT)
    flood(world, 8)
    world.advance(10 * MINUTE)
    world.read_all()
    world.post("U-1")
    world.run()
    world.expect_page("ana", containing="URGENT U-1 ")
    world.read_all()
    world.close()


@pytest.mark.slow
def test_with_the_usual_limits_a_flood_is_bundled_and_then_summarised(world: World) -> None:
    for number in range(300):
        world.post(f"F-{number}")
        world.advance(SECOND)
    told = [body for body in seen_by(world, "ana") if "URGENT" in body]
    first_minutes = [body for body in told if " in a flood" not in body and "F-" in body]
    assert len(first_minutes) < 60
    assert any(" in a flood, newest: " in body for body in told)
    assert {page_of(world, f"F-{number}").status for number in range(230)} == {AttemptStatus.ACCEPTED}


def test_the_operator_is_alarmed_when_pages_are_summarised(tmp_path: Path) -> None:
    world = limited(tmp_path, TIGHT)
    engine = world.engine()

    async def passes() -> None:
        for number in range(8):
            world.post(f"F-{number}")
            await engine.run_once()
            await engine.settle()

    asyncio.run(passes())
    assert engine.flood == (
        "urgent pages to ana are beyond their ceiling (limits.urgent_per_phone, limits.urgent_per_caller): "
        "one summary a minute goes to them"
    )
    world.clock.moment += 5 * MINUTE
    assert engine.flood is None
    world.read_all()
    world.close()


@pytest.mark.parametrize("count", [1, 5, 13_038])
def test_a_summary_is_one_segment_and_says_how_to_see_the_rest(count: int) -> None:
    text = summary_text([f"{number % 8 + 2}K{'ACDEFGHJ'[number // 8 % 8]}" for number in range(count)])
    assert len(text) <= 160
    assert text.startswith(f"URGENT {count} ticket")
    assert "List all: send WHO, or run oncall tickets. Reply ACK ALL or ACK " in text
