"""A ticket arrives: all faults are named at once, and it is stored once, in full or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.errors import Conflict
from oncall.paging.actions.field_faults import FieldFaults
from oncall.paging.actions.intake import AcceptedTicket, accept, accept_posted
from oncall.paging.actions.posted_ticket import EXAMPLE, parse_ticket
from oncall.paging.domain.ticket import Ticket
from oncall.paging.ports.records import TicketFilter
from oncall.paging.ports.store import Transaction
from oncall.support.policy_file import packaged_policy, packaged_policy_text
from tests.paging.world import SATURDAY_NIGHT, World, ticket_body

POLICY = packaged_policy()
LONE = "holds only a lone surrogate, which is half of a character; send whole characters"
NESTED: list[Any] = []
for _ in range(900):
    NESTED = [NESTED]


def parse(**changes: Any) -> Ticket:
    return parse_ticket(ticket_body(**changes), POLICY, SATURDAY_NIGHT)


def faults(body: object) -> list[str]:
    with pytest.raises(FieldFaults) as caught:
        parse_ticket(body, POLICY, SATURDAY_NIGHT)
    assert str(caught.value) == "\n".join(f"{fault.field}: {fault.message}" for fault in caught.value.faults)
    return [f"{fault.field}: {fault.message}" for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("id", None, 'missing; write "T-1001"'),
        ("id", "", '"" is not a ticket id; write 1 to 40 of A-Z a-z 0-9 . _ : -'),
        ("id", "T 1", '"T 1" is not a ticket id; write 1 to 40 of A-Z a-z 0-9 . _ : -'),
        ("id", "T-1\n", '"T-1" is not a ticket id; write 1 to 40 of A-Z a-z 0-9 . _ : -'),
        ("id", "Ä1", '"Ä1" is not a ticket id; write 1 to 40 of A-Z a-z 0-9 . _ : -'),
        ("id", "x" * 41, f'"{"x" * 41}" is not a ticket id; write 1 to 40 of A-Z a-z 0-9 . _ : -'),
        (
            "id",
            "x" * 5000,
            f'"{"x" * 100}..." (5,000 characters) is not a ticket id; write 1 to 40 of A-Z a-z 0-9 . _ : -',
        ),
        ("id", True, "true is not a ticket id; write 1 to 40 of A-Z a-z 0-9 . _ : -"),
        ("id", 1.5, "1.5 is not a ticket id; write 1 to 40 of A-Z a-z 0-9 . _ : -"),
        ("id", {"a": 1}, "an object is not a ticket id; write 1 to 40 of A-Z a-z 0-9 . _ : -"),
        ("plan", None, "missing"),
        ("plan", "", '"" is not a name of the policy'),
        ("plan", 3, "3 is not a name of the policy"),
        ("plan", "gold", '"gold" is not a plan of the policy; write "standard" or "business-critical"'),
        ("plan", "x" * 101, f'"{"x" * 100}..." (101 characters) is not a name of the policy'),
        ("impact", None, "missing"),
        ("impact", [], "a list is not a name of the policy"),
        ("impact", "P1", '"P1" is not an impact of the policy; write "urgent", "high", "normal" or "low"'),
    ],
)
def test_a_field_that_no_verdict_can_do_without_is_named_with_what_was_found(
    field: str, value: object, message: str
) -> None:
    assert faults({**ticket_body(), field: value}) == [f"{field}: {message}"]


LEFT_OUT = '"opened_at" was left out:'
OTHER_FORM = "is not a time with an offset; write"
NO_TIME = f'{OTHER_FORM} one like "2027-01-09T03:12:00-05:00"'
DAY, LOCAL, LONG_AGO = "January 9, 2027", "2027-01-09T03:12:00", "0001-01-01T00:00:00+14:00"
OFFSET = 'it with the offset from UTC, like "2027-01-09T03:12-05:00"'


@pytest.mark.parametrize(
    ("field", "value", "warning", "kept"),
    [
        ("customer", None, '"customer" is missing.', "unknown customer"),
        ("customer", "", '"customer" is empty, and was left out.', "unknown customer"),
        ("customer", " \t\n\x00", '"customer" is empty, and was left out.', "unknown customer"),
        ("customer", 7, '"customer" was left out: 7 is not text.', "unknown customer"),
        ("customer", NESTED, '"customer" was left out: a list is not text.', "unknown customer"),
        ("customer", {"name": "Acme"}, '"customer" was left out: an object is not text.', "unknown customer"),
        ("customer", "x" * 201, '"customer" has 201 characters and was cut to 200.', "x" * 200),
        ("subject", None, '"subject" is missing.', "(no subject)"),
        ("subject", "\ud800", f'"subject" {LONE}, and was left out.', "(no subject)"),
        ("subject", False, '"subject" was left out: false is not text.', "(no subject)"),
        ("subject", "x" * 5000, '"subject" has 5,000 characters and was cut to 1,000.', "x" * 1000),
        ("url", 5, '"url" was left out: 5 is not text.', None),
        ("url", "x" * 2001, '"url" has 2,001 characters, more than 2,000, and was left out.', None),
        ("contact", ["kim"], '"contact" was left out: a list is not text.', None),
        ("contact", "x" * 201, '"contact" has 201 characters, more than 200, and was left out.', None),
        ("opened_at", "", f'"opened_at" was left out: "" {NO_TIME}.', None),
        ("opened_at", DAY, f'{LEFT_OUT} "{DAY}" {OTHER_FORM} the time too, like "2027-01-09T19:00".', None),
        ("opened_at", LOCAL, f'{LEFT_OUT} "{LOCAL}" {OTHER_FORM} {OFFSET}.', None),
        ("opened_at", 1799482320, f'"opened_at" was left out: 1799482320 {NO_TIME}.', None),
        ("opened_at", LONG_AGO, f'{LEFT_OUT} "{LONG_AGO}" {OTHER_FORM} a year from 2000 to 2100.', None),
        (
            "opened_at",
            "2027-01-09T08:18:00Z",
            f"{LEFT_OUT} 2027-01-09T08:18:00+00:00 is in the future: it is 2027-01-09T08:12:00+00:00 now.",
            None,
        ),
        (
            "opened_at",
            "2026-01-07T00:00:00Z",
            '"opened_at" was left out: 2026-01-07T00:00:00+00:00 is more than a year ago: it is '
            "2027-01-09T08:12:00+00:00 now.",
            None,
        ),
    ],
)
def test_a_field_without_which_a_ticket_can_be_judged_is_left_out_or_cut_with_a_warning(
    world: World, field: str, value: object, warning: str, kept: str | None
) -> None:
    answer = post(world, {**ticket_body(), field: value}).answer
    assert (answer["verdict"]["action"], answer["warnings"]) == ("page", [warning])
    assert getattr(world.ticket().ticket, field) == kept
    world.run()
    world.expect_page("ana")


@pytest.mark.parametrize("field", ["url", "contact", "opened_at", "triage"])
def test_an_optional_field_that_is_null_is_absent(world: World, field: str) -> None:
    assert "warnings" not in post(world, {**ticket_body(impact="low"), field: None}).answer


def test_an_urgent_ticket_with_every_small_fault_pages_and_warns_of_each(world: World) -> None:
    body = {"id": "T-1", "plan": "standard", "impact": "urgent", "customer": "", "subject": [], "url": 1, "contact": 2}
    answer = post(world, {**body, "opened_at": "now", "colour": "red"}).answer
    assert [warning.partition(" ")[0] for warning in answer["warnings"]] == [
        '"customer"',
        '"subject"',
        '"url"',
        '"opened_at"',
        '"contact"',
        '"colour"',
    ]
    world.run()
    world.expect_page("ana", containing="T-1 unknown customer")


def test_a_repeat_is_read_as_at_the_receipt_and_gets_the_first_answer_with_its_warnings(world: World) -> None:
    body = ticket_body(impact="low", opened_at="2027-01-09T08:18:00Z")
    first = post(world, body)
    world.advance(timedelta(minutes=4))
    again = post(world, body)
    assert (first.is_new, again.is_new, again.answer) == (True, False, first.answer)
    assert len(again.answer["warnings"]) == 1


CUSTOMERS = "customers:\n  - {name: Acme Ltd, plan: standard}\n"


@pytest.mark.parametrize("plan", [None, "gold", "", 5, ["standard"]])
def test_a_plan_that_is_none_gives_way_to_the_one_that_the_customers_file_lists(world: World, plan: object) -> None:
    listing = f"{packaged_policy_text()}\ncustomers: customers.yaml\n"
    world.publish(policy=listing, customers=CUSTOMERS)
    answer = post(world, {**ticket_body(impact="low"), "customer": "ACME ltd.", "plan": plan}).answer
    assert world.ticket().ticket.plan == "standard"
    if plan is None:
        assert "warnings" not in answer
    else:
        (warning,) = answer["warnings"]
        assert warning.startswith('"plan" was left out: ')
        assert warning.endswith("; the policy lists Acme Ltd on standard.")


@pytest.mark.parametrize("impact", ["P1", "", 5, {"name": "urgent"}])
def test_an_impact_that_is_none_gives_way_to_the_triage(world: World, impact: object) -> None:
    body = {**ticket_body(), "impact": impact, "triage": {"down": True, "users": "some"}}
    answer = post(world, body).answer
    assert world.ticket().impact == "urgent"
    assert [warning.partition(" was left out: ")[0] for warning in answer["warnings"]] == ['"impact"', '"triage.users"']
    world.run()
    world.expect_page("ana")


@pytest.mark.parametrize("triage", [{}, {"down": "yes"}, [], "urgent", {"down": True, "question": True}])
def test_a_ticket_whose_triage_says_nothing_usable_is_judged_by_a_usable_impact_alone(
    world: World, triage: object
) -> None:
    assert post(world, {**ticket_body(impact="low"), "triage": triage}).is_new
    if triage != {}:
        with pytest.raises(FieldFaults):
            post(world, {**ticket_body("T-2"), "impact": "P1", "triage": triage})


def post(world: World, body: dict[str, Any]) -> AcceptedTicket:
    context = replace(world.engine().context("zendesk"), lease_until=None)
    return world.store.write(lambda tx: accept_posted(tx, body, context))


def test_all_faults_are_named_at_once_in_the_order_of_the_fields() -> None:
    found = faults({"id": "?", "plan": "gold", "subject": "", "opened_at": "now"})
    assert found == [
        'id: "?" is not a ticket id; write 1 to 40 of A-Z a-z 0-9 . _ : -',
        "customer: missing",
        'plan: "gold" is not a plan of the policy; write "standard" or "business-critical"',
        "impact: missing",
        "subject: is empty",
        'opened_at: "now" is not a time with an offset; write one like "2027-01-09T03:12:00-05:00"',
    ]


@pytest.mark.parametrize("body", [None, [], "ticket", 5, True])
def test_what_is_no_object_is_refused_with_an_example(body: object) -> None:
    assert faults(body) == [f"ticket: a JSON object is needed, like {EXAMPLE}"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from([*ticket_body(), "url", "opened_at", "contact", "x"]), json_values))
def test_any_object_is_a_ticket_or_a_list_of_faults(body: dict[str, Any]) -> None:
    try:
        assert parse_ticket(body, POLICY, SATURDAY_NIGHT).id
    except FieldFaults as refusal:
        assert refusal.faults


def test_an_id_may_be_a_number() -> None:
    assert parse(ticket_id=35436).id == "35436"


def test_unknown_keys_are_let_through_and_forgotten() -> None:
    assert parse(priority="P1", tags=["vip"]) == parse()


@pytest.mark.parametrize(
    "plan", ["Standard", " STANDARD ", "Business-Critical", "business critical", "BUSINESS_CRITICAL"]
)
@pytest.mark.parametrize(
    ("impact", "name"), [("Urgent", "urgent"), ("CRITICAL", "urgent"), (" critical ", "urgent"), ("Low", "low")]
)
def test_plans_and_impacts_are_known_in_any_letter_case(plan: str, impact: str, name: str) -> None:
    parsed = parse(plan=plan, impact=impact)
    assert parsed.plan in ("standard", "business-critical")
    assert parsed.impact == name


def test_text_is_cleaned_of_what_no_screen_shows() -> None:
    parsed = parse(subject=" two\r\nlines\x00 \ud83d and \N{PRINTER} ", contact="", url=" \n")
    assert (parsed.subject, parsed.contact, parsed.url) == ("two lines and \N{PRINTER}", None, None)


@pytest.mark.parametrize(
    "text",
    ["2027-01-09T08:12:00Z", "2027-01-09T13:57:00+05:45", "2027-01-08T22:12:00-10:00", "20270109T081200.000000000Z"],
)
def test_opened_at_is_understood_with_any_offset(text: str) -> None:
    assert parse(opened_at=text).opened_at == SATURDAY_NIGHT


def test_the_verdict_is_for_the_instant_of_receipt_whenever_the_ticket_was_opened(world: World) -> None:
    answer = world.post(opened_at="2027-01-08T15:00:00Z").answer
    assert answer["verdict"]["first_reply_due"] == "2027-01-09T04:12:00-05:00"
    world.run()
    world.expect_page("ana")


def test_the_same_ticket_again_gets_the_first_answer_and_pages_nobody(world: World) -> None:
    first = world.post()
    world.advance(timedelta(minutes=1))
    world.expect_page("ana")
    again = world.post(priority="forgotten")
    world.run()
    assert (first.is_new, again.is_new) == (True, False)
    assert dict(again.answer) == dict(first.answer)
    assert again.attempts == ()


def test_the_same_ticket_again_is_known_when_only_its_spelling_differs(world: World) -> None:
    world.post(impact="normal")
    assert not world.post(impact="NORMAL", subject="Sessions  do not\nstart").is_new


@pytest.mark.parametrize(
    "change", [{"subject": "Other"}, {"impact": "low"}, {"contact": "kim"}, {"opened_at": "2027-01-09T08:00:00Z"}]
)
def test_the_same_id_with_other_content_is_refused_and_changes_nothing(world: World, change: dict[str, Any]) -> None:
    world.post(impact="normal")
    before = (world.ticket(), world.events(), world.attempts())
    with pytest.raises(Conflict, match=r"^ticket T-1 is already stored with other content; nothing was changed$"):
        world.post(**{"impact": "normal", **change})
    assert (world.ticket(), world.events(), world.attempts()) == before


class Failing:
    """A transaction that fails at one step."""

    def __init__(self, tx: Transaction, step: str) -> None:
        self._tx, self._step = tx, step

    def __getattr__(self, name: str) -> Any:
        if name == self._step:
            raise RuntimeError("power cut")
        return getattr(self._tx, name)


@pytest.mark.parametrize("step", ["add_ticket", "append", "add_attempts"])
def test_nothing_is_stored_of_a_ticket_whose_storing_failed_half_way(world: World, step: str) -> None:
    context = replace(world.engine().context("zendesk"), lease_until=None)
    with pytest.raises(RuntimeError, match="power cut"):
        world.store.write(lambda tx: accept(Failing(tx, step), parse(), context))
    assert world.store.read(lambda tx: (tx.tickets(TicketFilter()), tx.events("T-1"), tx.attempts("T-1"))) == (
        [],
        [],
        [],
    )
    world.advance(timedelta(hours=1))
    assert world.post().is_new
    world.run()
    world.expect_page("ana")


def test_the_answer_names_the_ticket_the_verdict_and_the_code(world: World) -> None:
    answer = world.post().answer
    assert answer == {
        "ticket": "T-1",
        "verdict": {
            "action": "page",
            "reasons": answer["verdict"]["reasons"],
            "engineer": "ana",
            "first_reply_due": "2027-01-09T04:12:00-05:00",
        },
        "page": {"code": world.code()},
    }
    world.run()
    world.expect_page("ana")


def test_times_are_stored_in_utc(world: World) -> None:
    world.post(impact="normal", opened_at="2027-01-09T13:57:00+05:45")
    assert world.ticket().ticket.opened_at == datetime(2027, 1, 9, 8, 12, tzinfo=UTC)
