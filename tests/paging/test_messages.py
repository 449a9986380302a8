"""SMS texts: one GSM-7 segment or two of UCS-2, and only pages end with a reply code."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from doubles.twilio_account import segments
from oncall.paging.domain.ticket import StoredTicket, Ticket, TicketStatus
from oncall.paging.outgoing.messages import bundle_text, page_text, solved_text, taken_text
from oncall.paging.outgoing.sms_encoding import GSM_7, SEGMENT, plain
from oncall.paging.outgoing.sms_encoding import segments as segments_of_ours
from oncall.support.policy import Policy, SmsRules
from oncall.support.policy_file import packaged_policy
from tests.paging.world import SATURDAY_NIGHT

POLICY = packaged_policy()
LATIN = replace(POLICY, sms=SmsRules(unicode=False))
DUE = SATURDAY_NIGHT + timedelta(hours=1)

any_text = st.text(st.characters(exclude_categories=()), max_size=1000)
ids = st.from_regex(r"[A-Za-z0-9._:-]{1,40}", fullmatch=True)


def page(
    customer: str = "Acme Ltd",
    subject: str = "Sessions do not start",
    ticket_id: str = "T-1",
    policy: Policy = POLICY,
    **more: str,
) -> str:
    ticket = Ticket(ticket_id, customer, more.get("plan", "standard"), more.get("impact", "urgent"), subject)
    return page_text(ticket, impact=ticket.impact, code=more.get("code", "7K2"), policy=policy, due=DUE)


def most_segments(text: str) -> int:
    """How many segments a text may take: one in ASCII, two in other letters."""
    return 1 if text.isascii() else 2


@given(customer=any_text, subject=any_text, ticket_id=ids, code=st.sampled_from(["7K2", "7K2W3A9C"]))
@example(customer="\ud800" * 1000, subject="\udfff" * 1000, ticket_id="T" * 40, code="7K2")
@example(customer="x" * 1000, subject="y" * 1000, ticket_id="T" * 40, code="7K2W3A9C")
@example(customer="\x00", subject="\N{PRINTER}", ticket_id="T", code="7K2")
@example(customer="^{}\\[~]|€" * 20, subject="^{}\\[~]|€" * 20, ticket_id="T", code="7K2")
@example(customer="日本語" * 100, subject="🔥" * 500, ticket_id="T" * 40, code="7K2W3A9C")
def test_a_page_fits_and_keeps_its_id_and_code_whatever_the_ticket_says(
    customer: str, subject: str, ticket_id: str, code: str
) -> None:
    text = page(customer, subject, ticket_id, code=code)
    assert len(text) <= SEGMENT
    assert segments(text) <= segments_of_ours(text) <= most_segments(text)
    assert text.startswith(f"URGENT {ticket_id} ")
    assert text.endswith(f" 1st reply by Sat 04:12 EST. Reply ACK {code}")


@given(customer=any_text, subject=any_text)
def test_a_page_is_one_ascii_segment_where_the_policy_forbids_other_letters(customer: str, subject: str) -> None:
    text = page(customer, subject, policy=LATIN)
    assert (text.isascii(), segments(text)) == (True, 1)


@given(any_text)
def test_plain_text_is_printable_on_one_line_and_stays_as_it_is_the_second_time(text: str) -> None:
    once = plain(text)
    assert once.isascii()
    assert once.isprintable()
    assert plain(once) == once


@given(ticket_id=ids, name=any_text, impact=st.sampled_from(["urgent", "high", "a very long impact of somebody's own"]))
def test_a_notice_fits_and_never_ends_like_a_page(ticket_id: str, name: str, impact: str) -> None:
    for text in (taken_text(ticket_id, impact, name, POLICY), solved_text(ticket_id, impact, name, POLICY)):
        assert segments(text) <= segments_of_ours(text) <= most_segments(text)
        assert not re.search(r"ACK [A-Z0-9]+$", text)


def test_a_page_says_everything_that_is_needed_to_decide_whether_to_get_up() -> None:
    assert page() == "URGENT T-1 Acme Ltd (STD): Sessions do not start. 1st reply by Sat 04:12 EST. Reply ACK 7K2"
    assert page(plan="business-critical", impact="high").startswith("HIGH T-1 Acme Ltd (BC): ")


def test_a_long_subject_is_cut_to_what_fits_and_says_so() -> None:
    text = page(subject="word " * 200)
    assert len(text) > SEGMENT - 8
    assert ".. 1st reply by" in text.replace("...", "..")


def test_a_ticket_whose_words_cannot_be_shown_is_still_a_page() -> None:
    printer = "\N{PRINTER}"
    assert (
        page(customer=printer, subject=printer, policy=LATIN)
        == "URGENT T-1 (STD). 1st reply by Sat 04:12 EST. Reply ACK 7K2"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Chloé’s “Büro” – Łódź…", 'Chloe\'s "Buro" - Lodz...'),
        ("½ of 10 € [x]", "1/2 of 10 EUR (x)"),
        ("日本語 down", "? down"),
        ("a\tb\r\nc\x00d\u2028e", "a b c d e"),
        ("fire \N{FIRE}\N{FIRE} in A", "fire in A"),
        ("ﬁne Straße", "fine Strasse"),
        ("\ud800x", "x"),
    ],
)
def test_text_is_spelt_in_letters_that_every_phone_has(text: str, expected: str) -> None:
    assert plain(text) == expected


@pytest.mark.parametrize(("length", "expected"), [(9, "some text"), (8, "some t.."), (2, ".."), (1, "."), (0, "")])
def test_what_is_cut_off_is_marked(length: int, expected: str) -> None:
    assert GSM_7.cut("some text", length) == expected


def bundle(customer: str, subject: str, ticket_id: str, others: list[str], owner: str | None = None) -> str:
    ticket = Ticket(ticket_id, customer, "business-critical", "urgent", subject)
    stored = StoredTicket(
        ticket, None, "7K2W3A9C", SATURDAY_NIGHT, TicketStatus.OPEN, "a very long impact", "page", owner=owner
    )
    return bundle_text(stored, policy=POLICY, due=DUE, promised="Next reply", others=others)


@given(
    customer=any_text,
    subject=any_text,
    ticket_id=ids,
    others=st.lists(st.sampled_from(["7K2", "8M4", "9XA5", "7K2W3A9C"]), min_size=1, max_size=60),
    owner=st.sampled_from([None, "ben"]),
)
@example(customer="x" * 100, subject="y" * 100, ticket_id="T" * 40, others=["7K2W3A9C"] * 60, owner="ben")
@example(customer="日本" * 100, subject="語" * 100, ticket_id="T" * 40, others=["7K2W3A9C"] * 60, owner="ben")
def test_a_bundle_fits_says_how_many_there_are_and_ends_like_a_page(
    customer: str, subject: str, ticket_id: str, others: list[str], owner: str | None
) -> None:
    text = bundle(customer, subject, ticket_id, others, owner)
    assert segments(text) <= segments_of_ours(text) <= most_segments(text)
    assert f" And {len(others)} more" in text
    assert f" {ticket_id} " in text
    assert text.endswith(" Next reply by Sat 04:12 EST. Reply ACK 7K2W3A9C")


def test_a_bundle_names_the_first_ticket_in_full_and_the_codes_of_all_others() -> None:
    assert bundle("Acme Ltd", "Sessions do not start", "T-1", ["8M4", "9XA"]) == (
        "A VERY LON.. T-1 Acme Ltd (BC): Sessions do not start. And 2 more: 8M4 9XA. "
        "Next reply by Sat 04:12 EST. Reply ACK 7K2W3A9C"
    )


@pytest.mark.parametrize("owner", ["Ana", "Anastasia-Maria von Hohenlohe", "ACK ACK"])
@pytest.mark.parametrize(("ticket_id", "customer"), [("T-1", "Acme"), ("T" * 40, "C" * 60)])
def test_a_chase_is_one_segment_too_and_still_ends_like_a_page(owner: str, ticket_id: str, customer: str) -> None:
    ticket = Ticket(ticket_id, customer, "business-critical", "urgent", "Sessions do not start")
    text = page_text(ticket, impact="urgent", code="7K2", policy=POLICY, due=DUE, promised="Next reply", owner=owner)
    assert (len(text) <= SEGMENT, text.startswith("CHASE URGENT T"), text.endswith("Reply ACK 7K2")) == (True,) * 3
    assert text.count("ACK") == 1


@pytest.mark.parametrize(
    ("text", "count"),
    [("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3), ("\u0416" * 70, 1), ("\u0416" * 71, 2), ("", 1)],
)
def test_segments_are_counted_as_a_carrier_counts_them(text: str, count: int) -> None:
    assert segments_of_ours(text) == segments(text) == count


@given(any_text)
@example("\U0001f525" * 36)
@example("\ud800")
def test_segments_are_never_counted_as_fewer_than_a_carrier_does(text: str) -> None:
    assert segments_of_ours(text) >= segments(text)
    assert segments_of_ours(plain(text)) == segments(plain(text))
