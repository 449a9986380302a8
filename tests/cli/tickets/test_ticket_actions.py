"""A ticket's life in the terminal, and the list with the clock that ends first on top."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.conftest import Oncall

TICKET = ("--customer", "Acme Ltd", "--plan", "standard", "--subject", "Down")


def post(oncall: Oncall, ticket_id: str, impact: str) -> None:
    assert oncall("page", "--id", ticket_id, "--impact", impact, *TICKET).code == 0


def clocks(oncall: Oncall, ticket_id: str) -> dict[str, Any]:
    view = json.loads(oncall("tickets", "show", ticket_id, "--json").out)
    return {clock["metric"]: clock["state"] for clock in view["clocks"]}


def test_each_command_moves_the_clocks(published: Oncall) -> None:
    post(published, "T-1", "urgent")
    assert published("take", "T-1", "--by", "ana").out == "T-1 is yours.\n"
    assert clocks(published, "T-1") == {"first_reply": "running"}
    assert published("reply", "T-1", "--by", "ana").code == 0
    assert clocks(published, "T-1") == {"periodic_update": "running", "first_reply": "met"}
    assert published("customer-replied", "T-1", "--by", "zendesk").out == "T-1: the customer's message is recorded.\n"
    assert clocks(published, "T-1")["next_reply"] == "running"
    assert published("update", "T-1", "--by", "ana").out == "T-1: the update is recorded.\n"
    assert clocks(published, "T-1")["next_reply"] == "met"
    assert published("impact", "T-1", "HIGH", "--by", "ana").out == "T-1 is high now.\n"
    assert published("wait", "T-1", "--by", "ana").out == "T-1 waits for the customer.\n"
    assert clocks(published, "T-1")["periodic_update"] == "paused"
    assert published("resolve", "T-1").out == "T-1 is resolved.\n"
    assert published("reopen", "T-1").out == "T-1 is open again.\n"
    assert clocks(published, "T-1")["first_reply"] in ("running", "ahead")


def test_taking_a_ticket_takes_it_over_and_acknowledging_says_how(published: Oncall) -> None:
    post(published, "T-1", "urgent")
    published("ack", "T-1", "--by", "ana")
    refused = published("ack", "T-1", "--by", "ben")
    words = "T-1 is taken by Ana Pereira. To take it over: oncall take T-1"
    assert (refused.code, refused.out, refused.err) == (1, "", f"oncall: {words}\n")
    taken = published("take", "T-1", "--by", "ben", "--reason", "Ana is on a train")
    assert (taken.code, taken.out) == (0, "T-1 is yours, taken over from Ana Pereira.\n")
    assert "acknowledged  ben     Ana is on a train" in published("tickets", "show", "T-1", "--timeline").out


def test_a_word_that_is_a_code_and_an_id_acknowledges_neither_ticket(published: Oncall) -> None:
    post(published, "T-1", "urgent")
    code = json.loads(published("tickets", "show", "T-1", "--json").out)["code"]
    post(published, code, "urgent")
    refused = published("ack", code, "--by", "ana")
    words = f'"{code}" is the code of ticket T-1 and the id of ticket {code}'
    assert (refused.code, refused.out) == (1, "")
    assert refused.err == f"oncall: {words}; write code={code} for T-1, or id={code} for the other\n"
    assert published("ack", f"id={code}", "--by", "ana").out == f"{code} is yours.\n"
    assert published("ack", f"code={code}", "--by", "ana").out == "T-1 is yours.\n"


def test_a_refused_acknowledgement_ends_with_1_as_json_too(published: Oncall) -> None:
    post(published, "T-1", "urgent")
    published("ack", "T-1", "--by", "ana")
    refused = published("ack", "T-1", "--by", "ben", "--json")
    assert (refused.code, json.loads(refused.out)["owner"]) == (1, "ana")


def test_a_ticket_is_passed_to_the_next_person_or_to_a_named_one_with_a_reason(published: Oncall) -> None:
    post(published, "T-1", "urgent")
    assert published("pass", "T-1", "--by", "ana").out == "T-1 is passed on.\n"
    passed = published("pass", "T-1", "--by", "ben", "--to", "ana", "--reason", "she knows this customer")
    assert passed.out == "T-1 is passed to Ana Pereira.\n"
    timeline = published("tickets", "show", "T-1", "--timeline").out
    assert "she knows this customer" in timeline
    assert "named: the ticket was passed to ana" in timeline
    refused = published("pass", "T-1", "--by", "ana", "--to", "anna")
    assert (refused.code, refused.err) == (
        1,
        'oncall: nobody on the published rosters has the id "anna"; did you mean "ana"?\n',
    )


def test_the_timeline_says_from_which_impact_to_which_a_ticket_went(published: Oncall) -> None:
    post(published, "T-1", "normal")
    published("impact", "T-1", "high", "--by", "ana")
    published("impact", "T-1", "critical", "--by", "ana", "--note", "it is everybody")
    shown = published("tickets", "show", "T-1", "--timeline").out
    changes = [line.split("ana", 1)[1].strip() for line in shown.splitlines() if "impact changed  ana" in line]
    assert changes == ["normal to high", "now urgent: it is everybody"]


def test_a_merged_duplicate_takes_no_more_actions(published: Oncall) -> None:
    post(published, "T-1", "urgent")
    post(published, "T-2", "urgent")
    assert published("merge", "T-2", "T-1", "--by", "ana").out == "T-2 is merged into T-1.\n"
    assert clocks(published, "T-2") == {"first_reply": "merged"}
    assert published("reopen", "T-2").err == "oncall: T-2 is merged into T-1; go on there\n"
    assert published("merge", "T-1", "T-1").err == "oncall: T-1 cannot be merged into itself\n"
    assert published("merge", "T-1", "T-9").err == 'oncall: T-1: no ticket has the id "T-9" to merge it into\n'
    assert published("merge", "T-1", "T-2").err == "oncall: T-1: T-2 is merged into T-1 already\n"


def test_the_list_has_the_clock_that_ends_first_on_top_and_how_much_is_left(published: Oncall) -> None:
    post(published, "T-high", "high")
    post(published, "T-urgent", "urgent")
    post(published, "T-low", "low")
    ran = published("tickets")
    assert [line.split()[0] for line in ran.out.splitlines()] == ["id", "T-urgent", "T-high", "T-low"]
    assert "first reply" in ran.out.splitlines()[1]
    assert "\x1b[" not in ran.out
    assert [item["id"] for item in json.loads(published("tickets", "--json").out)["tickets"]] == [
        "T-urgent",
        "T-high",
        "T-low",
    ]


def test_watching_goes_with_a_table_alone(published: Oncall) -> None:
    ran = published("tickets", "--watch", "--json")
    assert ran.code == 2
    assert "shows a table; use it without --json" in ran.err


@pytest.mark.parametrize("command", ["take", "update", "customer-replied", "wait", "reopen"])
def test_an_unknown_ticket_is_not_found_by_any_of_them(published: Oncall, command: str) -> None:
    assert published(command, "T-404").err == (
        'oncall: no ticket has the id or code "T-404"; `oncall tickets` lists the open ones\n'
    )


UNRECORDABLE = (
    "oncall: --by: is not an id or a name of 1 to 60 letters, and never a phone number\n"
    "--note: is not text of at most 1000 characters\n"
)


def test_the_terminal_records_no_phone_number_and_no_endless_note(published: Oncall) -> None:
    post(published, "T-1", "urgent")
    ran = published("reply", "T-1", "--by", "+13055550101", "--note", "x" * 5000)
    assert (ran.code, ran.out, ran.err) == (1, "", UNRECORDABLE)
    kinds = [event["kind"] for event in json.loads(published("tickets", "show", "T-1", "--json").out)["events"]]
    assert kinds == ["received", "judged", "step_fired"]


@pytest.mark.parametrize("number", ["+1 305 555 0101", "305-555-0101", "Ana 305.555.0101"])
def test_a_phone_number_with_separators_is_no_name_either(published: Oncall, number: str) -> None:
    post(published, "T-1", "urgent")
    assert "--by: is not an id or a name" in published("ack", "T-1", "--by", number).err


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_taking_a_ticket_that_another_engineer_has_fails_in_either_form(
    published: Oncall, options: tuple[str, ...]
) -> None:
    post(published, "T-1", "urgent")
    published("ack", "T-1", "--by", "ben")
    ran = published("ack", "T-1", "--by", "ana", *options)
    assert (ran.code, ran.err) == (1, "oncall: T-1 is taken by Ben Okafor. To take it over: oncall take T-1\n")
    assert [json.loads(ran.out)["owner"]] == ["ben"] if options else ran.out == ""
    assert published("ack", "T-1", "--by", "ben", *options).code == 0
