"""What a reply by SMS does, and the one-line answer."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from oncall.paging.actions.sms_replies import CARRIER_WORDS, HELP
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.ticket import TicketStatus
from oncall.paging.outgoing.opt_out import STOP_WORDS
from tests.paging.storm import each_alone
from tests.paging.world import MONDAY_MORNING, World, at


@pytest.fixture
def paged(world: World) -> World:
    """Ticket T-1 has paged ana."""
    world.post()
    world.run()
    world.expect_page("ana")
    return world


@pytest.mark.parametrize(
    "body",
    [
        "ACK {}",
        "ack {}",
        " Ack   {} ",
        '"ACK {}"',
        "‘ack {}’",
        "ACK: {}!",
        "{}",
        '"{}".',
        "ACK{}",
        "ack",
        "ACK.",
        "\nACK\r\n",
    ],
)
def test_an_acknowledgement_is_understood_with_blanks_quotes_and_small_letters(paged: World, body: str) -> None:
    code = paged.code()
    assert paged.sms("ana", body.format(code.lower())) == "T-1 is yours."
    assert (paged.ticket().status, paged.ticket().owner) == (TicketStatus.ACKNOWLEDGED, "ana")


def test_anyone_on_the_roster_may_acknowledge_by_code(paged: World) -> None:
    assert paged.sms("grace", f"ACK {paged.code()}") == "T-1 is yours."
    paged.expect_page("ana", containing="URGENT T-1 is taken by Grace Kim. No action needed.")


def test_a_bare_acknowledgement_is_for_those_who_were_paged(paged: World) -> None:
    nothing = "NOT acknowledged. Nothing that you were paged for is open."
    assert paged.sms("grace", "ACK").startswith(nothing)
    assert paged.ticket().status is TicketStatus.OPEN


def test_the_manager_may_reply_too(paged: World) -> None:
    assert paged.sms("mei", f"ack {paged.code()}") == "T-1 is yours."
    paged.expect_page("ana", containing="is taken by Mei Lin")


def test_a_second_acknowledgement_is_told_who_has_it(paged: World) -> None:
    paged.sms("ana", "ACK")
    assert paged.sms("ana", "ACK") == "T-1 is yours already."
    code = paged.code()
    late = f"NOT acknowledged: T-1 is taken by Ana Pereira. TAKE {code} takes it over."
    assert paged.sms("ben", f"ACK {code}").startswith(late)
    assert paged.ticket().owner == "ana"


def test_a_late_bare_acknowledgement_is_told_who_has_it(paged: World) -> None:
    paged.advance(timedelta(minutes=10))
    paged.expect_page("ana")
    paged.expect_page("ben")
    paged.sms("ben", "ACK")
    paged.expect_page("ana", containing="is taken by Ben Okafor")
    assert paged.sms("ana", "ACK").startswith("NOT acknowledged: T-1 is taken by Ben Okafor. TAKE ")


def test_pass_escalates_at_once(paged: World) -> None:
    assert paged.sms("ana", f"pass {paged.code()}") == "T-1 is passed on."
    paged.expect_page("ben")


def test_a_bare_pass_gives_back_what_one_has_taken(paged: World) -> None:
    paged.sms("ana", "ACK")
    assert paged.sms("ana", "Pass") == "T-1 is passed on."
    paged.expect_page("ben")
    assert (paged.ticket().status, paged.ticket().owner) == (TicketStatus.OPEN, None)


def test_done_resolves_and_tells_the_others(paged: World) -> None:
    assert paged.sms("ben", f"Done {paged.code()}") == "T-1 is resolved."
    paged.expect_page("ana", containing="URGENT T-1 was resolved by Ben Okafor. No action needed.")


def test_a_bare_done_is_about_the_last_page_alone(paged: World) -> None:
    paged.sms("ana", "ACK")
    paged.clock.moment += timedelta(minutes=1)
    paged.post("T-2")
    paged.run()
    paged.expect_page("ana", containing="T-2")
    code = paged.code("T-2")
    assert paged.sms("ana", "DONE") == (
        "NOT acknowledged: DONE alone is for your last page, T-2, which is not yours; "
        f"send DONE {paged.code()} for T-1. Send ACK {code} to take T-2."
    )
    assert [paged.ticket(name).status for name in ("T-1", "T-2")] == [TicketStatus.ACKNOWLEDGED, TicketStatus.OPEN]


def test_with_several_open_pages_a_bare_ack_takes_the_last_one_alone_and_names_the_others(paged: World) -> None:
    for ticket_id in ("T-2", "T-3"):
        paged.clock.moment += timedelta(minutes=1)
        paged.post(ticket_id)
        paged.run()
        paged.expect_page("ana", containing=ticket_id)
    others = f"T-2 ({paged.code('T-2')}), T-1 ({paged.code('T-1')})"
    assert paged.sms("ana", "ack") == f"T-3 is yours. Still open: {others}."
    assert paged.sms("ana", "ack") == f"T-3 is yours already. Still open: {others}."


def test_who_answers_after_the_end_is_told_who_solved_it_for_a_week(paged: World) -> None:
    code = paged.code()
    paged.sms("ana", f"DONE {code}")
    assert paged.sms("ana", "ACK").startswith("NOT acknowledged. Nothing that you were paged for is open.")
    for late in (f"ACK {code}", code, f"DONE {code}", f"PASS {code}", "ACK T-1", f"{code} thanks"):
        paged.clock.moment += timedelta(minutes=4)
        assert paged.sms("ben", late).startswith("NOT acknowledged: T-1 was resolved by Ana Pereira. ")
    paged.clock.moment += timedelta(days=8)
    assert paged.sms("ana", f"ACK {code}").startswith(f"NOT acknowledged: no open ticket has the code {code}. ")


def test_who_answers_for_a_duplicate_is_told_where_it_goes_on(paged: World) -> None:
    each_alone(paged)
    code = paged.code()
    paged.post("T-2")
    paged.run()
    paged.expect_page("ana", containing="T-2")
    paged.act(EventKind.MERGED, "ana", into="T-2")
    following = paged.code("T-2")
    expected = f"NOT acknowledged: T-1 was merged into T-2 ({following}). Send ACK {following} to take T-2."
    assert paged.sms("ana", f"ACK {code}") == expected


def test_a_misread_code_is_said_to_be_unknown(paged: World) -> None:
    expected = f"NOT acknowledged: no open ticket has the code 0O8. Send ACK {paged.code()} to take T-1."
    assert paged.sms("ana", "ACK 0O8") == expected


def test_who_names_everybody_on_call(world: World) -> None:
    expected = "primary: Ana Pereira until Mon 08:00 EST; secondary: Ben Okafor until Mon 08:00 EST."
    assert world.sms("grace", "who") == expected


def test_who_in_business_hours_names_the_desk(world: World) -> None:
    world.clock.moment = MONDAY_MORNING
    assert world.sms("ana", "WHO?") == "Business hours: the support desk has the tickets."


def test_who_in_a_gap_says_nobody_loudly(world: World) -> None:
    gap = at("2027-01-08 19:01")
    world.publish(lambda start: {"secondary": "ben"} if start == gap else {"primary": "ana", "secondary": "ben"})
    assert world.sms("ana", "Who") == "secondary: Ben Okafor until Mon 08:00 EST; primary: NOBODY."


@pytest.mark.parametrize("word", sorted(CARRIER_WORDS - {"YES"}))
def test_a_carrier_word_does_nothing_and_gets_no_answer_of_ours(paged: World, word: str) -> None:
    assert paged.sms("ana", f" {word.lower()} ") == ""
    assert paged.ticket().status is TicketStatus.OPEN
    if word in STOP_WORDS:
        paged.expect_page("mei", containing="Ana Pereira is on call or next and has sent STOP")


@pytest.mark.parametrize(
    "body",
    [
        "",
        " ",
        "ok",
        "on my way",
        "\N{THUMBS UP SIGN}" * 3,
        "x" * 1600,
        "WHO IS IT",
        "DONE DONE",
        "\x00\x01",
        "Ich kann nicht",
    ],
)
def test_anything_else_changes_nothing_and_is_told_what_acknowledges(paged: World, body: str) -> None:
    events = len(paged.events())
    assert paged.sms("ana", body) == f"NOT acknowledged. Send ACK {paged.code()} to take T-1."
    assert len(paged.events()) == events


def test_the_help_is_one_message_and_names_no_carrier_word() -> None:
    assert len(HELP) <= 160
    assert not set(re.findall("[A-Z]+", HELP)) & CARRIER_WORDS


def test_a_number_that_is_on_no_roster_gets_no_answer_and_changes_nothing(paged: World) -> None:
    events = len(paged.events())
    assert paged.sms("+15550001111", f"ACK {paged.code()}", provider_id="SM-x") == ""
    assert len(paged.events()) == events
    assert paged.store.read(lambda tx: tx.inbound("SM-x")) is None


def test_a_replay_of_one_message_does_nothing_and_is_answered_alike(paged: World) -> None:
    first = paged.sms("ana", "ACK", provider_id="SM-1")
    paged.sms("ana", "PASS", provider_id="SM-2")
    paged.expect_page("ben")
    assert paged.sms("ana", "ACK", provider_id="SM-1") == first
    assert paged.ticket().status is TicketStatus.OPEN


def test_what_was_done_by_sms_is_logged_under_the_name_of_who_did_it(paged: World) -> None:
    paged.sms("ana", "ACK")
    taken = paged.events()[-1]
    assert (taken.kind, taken.by, taken.why) == (EventKind.ACKNOWLEDGED, "ana", "by SMS")
