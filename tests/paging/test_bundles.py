"""Several pages in one message: their log entries, replies to them, and the outcome of every page."""

from __future__ import annotations

import asyncio

from oncall.errors import Ambiguous, Permanent
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.pager_events import PageBundled
from oncall.paging.domain.ticket import AttemptStatus, TicketStatus
from oncall.paging.ports.channel import Receipt
from oncall.paging.views.ticket_views import stored_whole_view
from tests.paging.storm import SECOND, high, page_of, seen_by, waiting
from tests.paging.world import World


def test_the_log_says_that_a_page_waited_and_in_which_message_it_went(bundled: World) -> None:
    found = [event for event in bundled.events("T-3") if event.kind.value.startswith("page_")]
    assert [(event.kind, event.why) for event in found] == [
        (EventKind.PAGE_WAITS, "waits 5 s to go with other pages for ana: ana was paged 5 s ago"),
        (EventKind.PAGE_BUNDLED, "goes to ana in one message with 2 others, which T-2 leads"),
    ]
    leader = page_of(bundled, "T-2")
    (bundled_page,) = bundled.logged(PageBundled, "T-3")
    assert (bundled_page.bundle, bundled_page.tickets) == (leader.id, ("T-2", "T-3", "T-4"))


def test_the_logs_of_a_storm_name_fifty_tickets_each_and_not_all_of_them(world: World) -> None:
    for number in range(60):
        world.post(f"T-{number}", impact="high", plan="business-critical")
    world.run()
    world.expect_page("ana", containing="And 59 more")
    bundled = world.logged(PageBundled, "T-59")
    assert [len(event.tickets) for event in bundled] == [50]
    assert "with 59 others" in bundled[0].why


def test_a_page_right_after_another_one_waits_because_of_that_one(world: World) -> None:
    high(world, "T-1")
    world.expect_page("ana", containing="T-1")
    high(world, "T-2")
    (waits,) = [event for event in world.events("T-2") if event.kind is EventKind.PAGE_WAITS]
    assert waits.why == "waits 10 s to go with other pages for ana: ana was paged just now"


def test_the_message_s_id_stands_in_the_attempts_of_every_ticket_in_it(bundled: World) -> None:
    def shown(name: str) -> dict[str, object]:
        stored = bundled.ticket(name)
        view = bundled.store.read(lambda tx: stored_whole_view(tx, stored, bundled.clock.now()))
        attempt = view["attempts"][0]
        return {key: value for key, value in attempt.items() if key in ("provider_id", "bundle", "text", "status")}

    leader = page_of(bundled, "T-2")
    expected = {
        "provider_id": leader.provider_id,
        "bundle": leader.id,
        "text": bundled.phones.sent[-1].body,
        "status": "accepted",
    }
    assert [shown(name) for name in ("T-2", "T-3", "T-4")] == [expected] * 3


def test_a_bundled_page_is_acknowledged_by_its_own_code_and_the_answer_names_the_others(bundled: World) -> None:
    codes = {name: bundled.code(name) for name in ("T-1", "T-2", "T-3", "T-4")}
    answer = bundled.sms("ana", f"ACK {codes['T-3']}")
    assert answer == (f"T-3 is yours. Still open: T-2 ({codes['T-2']}), T-4 ({codes['T-4']}), T-1 ({codes['T-1']}).")
    open_ones = [name for name in codes if bundled.ticket(name).status is TicketStatus.OPEN]
    assert open_ones == ["T-1", "T-2", "T-4"]
    assert bundled.sms("ana", codes["T-4"]).startswith("T-4 is yours. Still open: ")


def test_a_bare_ack_takes_the_ticket_that_the_message_names(bundled: World) -> None:
    assert bundled.sms("ana", "ACK").startswith("T-2 is yours. Still open: ")
    assert bundled.ticket("T-3").status is TicketStatus.OPEN


def test_who_lists_the_codes_of_everything_that_is_open_for_whoever_asks(world: World) -> None:
    names = [f"T-{number}" for number in range(50)]
    high(world, *names)
    world.advance(10 * SECOND)
    seen_by(world, "ana")
    answer = world.sms("ana", "WHO")
    head, _, codes = answer.partition(" 50 open for you: ")
    assert head == "primary: Ana Pereira until Mon 08:00 EST; secondary: Ben Okafor until Mon 08:00 EST."
    assert set(codes.rstrip(".").split()) == {world.code(name) for name in names}
    assert len(answer) <= 3 * 153


def test_the_answer_in_a_storm_is_one_segment_and_gives_as_many_codes_as_fit(world: World) -> None:
    high(world, *(f"T-{number}" for number in range(50)))
    world.advance(10 * SECOND)
    seen_by(world, "ana")
    answer = world.sms("ana", f"ACK {world.code('T-7')}")
    assert answer.startswith("T-7 is yours. 49 still open: ")
    assert answer.endswith("...")
    assert len(answer) <= 160


def test_whoever_was_told_by_a_bundle_hears_that_one_of_its_tickets_is_taken(bundled: World) -> None:
    bundled.act(EventKind.ACKNOWLEDGED, "ben", "T-3")
    bundled.expect_page("ana", containing="HIGH T-3 is taken by Ben Okafor. No action needed.")


def test_a_bundle_that_is_refused_for_good_moves_every_ticket_on_in_the_same_second(world: World) -> None:
    waiting(world).phones.fail(Permanent("no such number", code=21211))
    world.run()
    assert [page_of(world, name).status for name in ("T-2", "T-3", "T-4")] == [AttemptStatus.FAILED] * 3
    for name in ("T-2", "T-3", "T-4"):
        failed = next(event for event in world.events(name) if event.kind is EventKind.STEP_FAILED)
        assert failed.at == world.clock.now()
        assert page_of(world, name, step=2).at == world.clock.now()
    world.expect_page("ben", containing=" And 2 more: ")


def test_a_bundle_that_was_taken_although_the_answer_was_an_error_is_found_by_its_text(world: World) -> None:
    waiting(world).phones.fail(Ambiguous("HTTP 500"), after_taking_it=True)
    world.run()
    assert {page_of(world, name).status for name in ("T-2", "T-3", "T-4")} == {AttemptStatus.UNKNOWN}
    world.advance(20 * SECOND)
    world.expect_page("ana", containing=" And 2 more: ")
    world.expect_silence()
    assert len({page_of(world, name).provider_id for name in ("T-2", "T-3", "T-4")}) == 1
    assert {page_of(world, name).status for name in ("T-2", "T-3", "T-4")} == {AttemptStatus.SENT}


def test_a_bundle_that_was_surely_not_taken_is_made_anew_of_what_is_owed_then(world: World) -> None:
    waiting(world).phones.fail(Ambiguous("cut off"))
    world.run()
    world.act(EventKind.ACKNOWLEDGED, "ben", "T-2")
    high(world, "T-5")
    world.advance(10 * SECOND)
    told = seen_by(world, "ana")
    assert sum("And 2 more" in body or "And 1 more" in body for body in told) == 1
    sent = [page_of(world, name) for name in ("T-3", "T-4", "T-5")]
    assert {page.status for page in sent} <= {AttemptStatus.ACCEPTED, AttemptStatus.SENT}
    assert page_of(world, "T-2").status is AttemptStatus.FAILED


def test_receipts_of_a_bundle_reach_every_ticket_in_it(bundled: World) -> None:
    leader = page_of(bundled, "T-2")
    assert leader.provider_id is not None
    receipt = Receipt(leader.provider_id, AttemptStatus.DELIVERED)
    assert asyncio.run(bundled.engine().receive(receipt, delivery_id=leader.id))
    assert {page_of(bundled, name).status for name in ("T-2", "T-3", "T-4")} == {AttemptStatus.DELIVERED}
    assert not asyncio.run(bundled.engine().receive(receipt))


def test_a_bundle_that_does_not_arrive_moves_every_ticket_on(bundled: World) -> None:
    leader = page_of(bundled, "T-2")
    assert leader.provider_id is not None
    asyncio.run(bundled.engine().receive(Receipt(leader.provider_id, AttemptStatus.FAILED, error_code=30005)))
    bundled.run()
    assert {page_of(bundled, name).status for name in ("T-2", "T-3", "T-4")} == {AttemptStatus.FAILED}
    bundled.expect_page("ben", containing=" And 2 more: ")


def test_nobody_has_heard_of_a_bundle_s_fate_so_the_provider_is_asked_once_for_all(bundled: World) -> None:
    leader = page_of(bundled, "T-2")
    assert leader.provider_id is not None
    bundled.phones.states[leader.provider_id] = Receipt(leader.provider_id, AttemptStatus.DELIVERED)
    bundled.sms("ana", f"ACK {bundled.code('T-2')}")
    bundled.advance(70 * SECOND)
    assert bundled.phones.asked.count(leader.provider_id) == 1
    assert {page_of(bundled, name).status for name in ("T-2", "T-3", "T-4")} == {AttemptStatus.DELIVERED}
