"""Tickets in the terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from oncall.paging.views.ticket_view_types import EventView
from oncall.paging.views.ticket_words import event_words, most_urgent, state_words
from tests.cli.conftest import Oncall

NO_PAGER = "NO PAGER IS RUNNING on this database: nobody is paged until you start `oncall serve`.\n"
TICKET = ("--id", "T-1", "--customer", "Acme Ltd", "--plan", "standard", "--impact", "urgent", "--subject", "Down")


def test_explain_gives_the_verdict_its_reasons_and_each_step(published: Oncall) -> None:
    ran = published("explain", "--plan", "standard", "--impact", "critical")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "PAGE ana. First reply due Sat 2027-01-09 04:12.",
        "  Sat 2027-01-09 03:12 EST is in the weekend on-call window, from Fri 2027-01-08 19:01 EST to "
        "Mon 2027-01-11 08:00 EST.",
        "  standard covers urgent around the clock (24x7).",
        "  primary is ana until Mon 2027-01-11 08:00 EST.",
        "  secondary is ben until Mon 2027-01-11 08:00 EST.",
        "  First reply is due by Sat 2027-01-09 04:12 EST: 1 h of calendar time.",
        "  by packaged:itopia-cas.policy.yaml:55: plans.standard.promises.urgent.coverage",
        "  by packaged:itopia-cas.policy.yaml:55: plans.standard.promises.urgent.first_reply",
        "  by packaged:itopia-cas.policy.yaml:26: impacts.urgent.pages",
        "  by packaged:itopia-cas.policy.yaml:75: escalation.steps",
        "Without an acknowledgement:",
        "  Sat 2027-01-09 03:12  primary    ana  sms",
        "  Sat 2027-01-09 03:17  primary    ana  sms",
        "  Sat 2027-01-09 03:22  secondary  ben  sms",
        "  Sat 2027-01-09 03:32  manager    mei  sms",
        "Then the round repeats every 30 minutes.",
    ]


def test_explain_as_json_has_the_verdict_at_top_level(published: Oncall) -> None:
    view = json.loads(published("explain", "--plan", "standard", "--impact", "high", "--json").out)
    assert view["action"] == "hold"
    assert view["hold_until"] == "2027-01-11T00:00:00-05:00"
    assert [step["engineer"] for step in view["steps"]] == ["ana", "ana", "ben", "mei"]


def test_an_unknown_plan_or_impact_is_refused_with_the_known_ones(published: Oncall) -> None:
    ran = published("explain", "--plan", "gold", "--impact", "high")
    assert (ran.code, ran.err) == (
        1,
        'oncall: "gold" is not a plan of the policy; write "standard" or "business-critical"\n',
    )
    ran = published("explain", "--plan", "standard", "--impact", "meh")
    assert ran.err == 'oncall: "meh" is not an impact of the policy; write "urgent", "high", "normal" or "low"\n'


def test_page_stores_a_ticket_and_warns_when_no_pager_runs(published: Oncall) -> None:
    ran = published("page", *TICKET)
    assert ran.code == 0
    assert ran.out.splitlines()[0] == "T-1: PAGE ana. First reply due Sat 2027-01-09 04:12."
    assert ran.err == NO_PAGER


def test_the_same_ticket_again_changes_nothing(published: Oncall) -> None:
    first = published("page", *TICKET, "--json")
    again = published("page", *TICKET, "--json")
    assert json.loads(first.out) == json.loads(again.out)
    assert len(json.loads(published("tickets", "--json").out)["tickets"]) == 1


def test_the_same_id_with_other_content_is_refused(published: Oncall) -> None:
    published("page", *TICKET)
    ran = published("page", *TICKET[:-1], "Something else")
    assert (ran.code, ran.err) == (
        1,
        "oncall: ticket T-1 is already stored with other content; nothing was changed\n",
    )


def test_a_ticket_file_is_taken_as_the_api_takes_it(published: Oncall, tmp_path: Path) -> None:
    file = tmp_path / "ticket.json"
    file.write_text('{"id": 7, "customer": "Acme", "plan": "Standard", "impact": "Urgent", "subject": "Down"}')
    assert json.loads(published("page", str(file), "--json").out)["ticket"] == "7"


def test_every_fault_of_a_ticket_is_named(published: Oncall, tmp_path: Path) -> None:
    file = tmp_path / "ticket.json"
    file.write_text('{"id": "a b", "plan": "gold", "impact": 3}')
    ran = published("page", str(file))
    assert ran.code == 1
    assert ran.err.splitlines() == [
        'oncall: id: "a b" is not a ticket id; write 1 to 40 of A-Z a-z 0-9 . _ : -',
        "customer: missing",
        'plan: "gold" is not a plan of the policy; write "standard" or "business-critical"',
        "impact: 3 is not a name of the policy",
        "subject: missing",
    ]
    file.write_text("{nonsense")
    assert "is not JSON" in published("page", str(file)).err
    assert (
        published("page", str(tmp_path / "none.json")).err
        == f"oncall: {tmp_path}/none.json: No such file or directory\n"
    )


def test_a_ticket_file_that_gives_a_key_twice_is_refused_as_the_api_refuses_it(
    published: Oncall, tmp_path: Path
) -> None:
    file = tmp_path / "ticket.json"
    file.write_text('{"id": "T-1", "impact": "urgent", "impact": "low"}', encoding="utf-8")
    ran = published("page", str(file))
    assert (ran.code, ran.err) == (1, f'oncall: {file}: gives the key "impact" twice; write it once\n')


def test_a_held_ticket_stands_in_the_list_with_its_hour(published: Oncall) -> None:
    published("page", *TICKET[:7], "high", *TICKET[8:])
    lines = published("tickets").out.splitlines()
    assert "held until Mon 2027-01-11 00:00" in lines[1]


def test_ack_takes_a_ticket_by_code_or_id_and_the_timeline_says_so(published: Oncall) -> None:
    code = json.loads(published("page", *TICKET, "--json").out)["page"]["code"]
    assert published("ack", code.lower(), "--by", "ana").out == "T-1 is yours.\n"
    late = published("ack", "T-1", "--by", "ben")
    assert (late.code, late.out, late.err) == (
        1,
        "",
        "oncall: T-1 is taken by Ana Pereira. To take it over: oncall take T-1\n",
    )
    timeline = published("tickets", "show", "T-1", "--timeline").out
    assert "acknowledged  ana" in timeline
    assert "page to ana by sms: failed (no longer needed)" in timeline


def test_reply_and_resolve_are_recorded(published: Oncall) -> None:
    published("page", *TICKET)
    assert published("reply", "T-1", "--by", "ana").out == "T-1: the reply is recorded.\n"
    assert published("resolve", "T-1", "--by", "ana").out == "T-1 is resolved.\n"
    assert published("resolve", "T-1", "--by", "ana").out == "T-1 is resolved already.\n"
    assert published("reply", "T-1").err == "oncall: T-1 is resolved; reopen it first\n"
    assert published("tickets").err == "No tickets.\n"


def test_a_new_database_is_reported_so_that_it_is_not_taken_for_a_quiet_night(oncall: Oncall, tmp_path: Path) -> None:
    made = f"{tmp_path / 'oncall.db'}: there was no database, so a new one is made; see ONCALL_DATABASE_URL.\n"
    assert oncall("tickets").err == f"{made}No tickets.\n"
    assert oncall("tickets").err == "No tickets.\n"


def test_an_unknown_ticket_is_not_found(published: Oncall) -> None:
    ran = published("ack", "T-404")
    assert (ran.code, ran.err) == (
        1,
        'oncall: no ticket has the id or code "T-404"; `oncall tickets` lists the open ones\n',
    )


def test_a_slip_in_a_name_does_not_stop_an_escalation(published: Oncall) -> None:
    published("page", *TICKET)
    ran = published("ack", "T-1", "--by", "anna")
    assert (ran.code, ran.err) == (
        1,
        'oncall: nobody on the published rosters has the id "anna"; did you mean "ana"?\n',
    )
    assert json.loads(published("tickets", "--json").out)["tickets"][0]["state"] == "open"


@pytest.mark.parametrize("command", [("reply",), ("resolve",), ("update",), ("impact", "low")])
def test_a_slip_in_a_name_enters_no_log(published: Oncall, command: tuple[str, ...]) -> None:
    published("page", *TICKET)
    ran = published(command[0], "T-1", *command[1:], "--by", "anna")
    assert (ran.code, ran.err) == (1, 'oncall: --by: nobody on the roster has the id "anna"; did you mean "ana"?\n')
    ticket = json.loads(published("tickets", "show", "T-1", "--json").out)
    assert "anna" not in json.dumps(ticket)


@pytest.mark.parametrize("command", ["ack", "take"])
def test_a_user_on_no_roster_may_act_and_learns_who_gets_the_warnings(
    published: Oncall, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    published("page", *TICKET)
    monkeypatch.setenv("LOGNAME", "root")
    ran = published(command, "T-1")
    assert (ran.code, ran.err) == (
        0,
        'Note: your user name "root" is on no published roster, so SLA warnings go to the engineer on call; '
        "name an engineer with --by.\n",
    )
    assert json.loads(published("tickets", "--json").out)["tickets"][0]["state"] == "acknowledged"
    monkeypatch.setenv("LOGNAME", "ana")
    published("page", "--id", "T-2", *TICKET[2:])
    assert published(command, "T-2").err == ""


def test_the_most_urgent_of_all_open_tickets_stands_on_top_however_many_came_after_it() -> None:
    pages: dict[str | None, Any] = {
        None: {"tickets": [_listed("new-1", 900), _listed("new-2", None)], "next": "new-2"},
        "new-2": {"tickets": [_listed("old-1", -60), _listed("old-2", 30)], "next": None},
    }
    assert [item["id"] for item in most_urgent(lambda after: pages[after], 3)] == ["old-1", "old-2", "new-1"]


def _listed(ticket_id: str, seconds_left: int | None) -> dict[str, Any]:
    return {"id": ticket_id, "clocks": [{"seconds_left": seconds_left}]}


def listed(published: Oncall, *options: str) -> dict[str, str]:
    """Each listed ticket's line by its id."""
    lines = published("tickets", *options).out.splitlines()[1:]
    return {line.split()[0]: line for line in lines}


def test_the_listing_says_where_each_ticket_stands_and_with_whom(published: Oncall) -> None:
    for name in ("T-1", "T-2", "T-3", "T-4"):
        published("page", "--id", name, *TICKET[2:])
    published("ack", "T-1", "--by", "ana")
    published("ack", "T-2", "--by", "ana")
    published("wait", "T-2", "--by", "ana")
    published("merge", "T-3", "T-1", "--by", "ana")
    found = listed(published, "--state", "open,acknowledged,resolved")
    assert "taken by ana" in found["T-1"]
    assert "waiting for the customer, owned by ana" in found["T-2"]
    assert "merged into T-1" in found["T-3"]
    assert " open " in found["T-4"]


def test_a_chased_ticket_is_listed_with_its_owner(published: Oncall) -> None:
    published("page", *TICKET)
    item: Any = json.loads(published("tickets", "--json").out)["tickets"][0] | {"owner": "ana"}
    assert state_words(item) == "chased, owned by ana"


def test_a_page_that_waits_names_its_engineer_where_names_are_shown() -> None:
    why = "waits 10 s to go with other pages for grace: grace was paged just now"
    event: EventView = {
        "at": "2027-01-09T04:00:00-05:00",
        "kind": "page_waits",
        "by": "oncall",
        "why": why,
        "details": {"to": "grace"},
    }
    assert event_words(event) == why
    assert event_words(event, names={"grace": "Grace Kim"}) == why.replace("grace", "Grace Kim")


@pytest.mark.parametrize(
    ("kind", "why", "words"),
    [
        ("replied", "looks like the broker", 'note: looks like the broker; to the customer: "Hello, we look."'),
        ("updated", "updated", 'to the customer: "Hello, we look."'),
        ("customer_replied", "the customer wrote", 'the customer wrote: "Hello, we look."'),
    ],
)
def test_the_timeline_tells_our_note_from_the_words_of_the_customer(kind: str, why: str, words: str) -> None:
    event: EventView = {
        "at": "2027-01-09T04:00:00-05:00",
        "kind": kind,
        "by": "ana",
        "why": why,
        "details": {"text": "Hello,\nwe look."},
    }
    assert event_words(event) == words


def test_the_timeline_shows_when_an_event_was_recorded_and_what_its_sender_said() -> None:
    details = {"recorded_at": "2027-01-09T09:30:00+00:00", "said_at": "2027-01-09T09:00:00+00:00"}
    event: EventView = {
        "at": "2027-01-09T04:00:00-05:00",
        "kind": "replied",
        "by": "zendesk",
        "why": "by mail",
        "details": details,
    }
    assert event_words(event) == ("by mail (recorded Sat 2027-01-09 04:30, its sender said Sat 2027-01-09 04:00:00)")


def test_the_clock_of_a_duplicate_says_where_it_goes_on(published: Oncall) -> None:
    published("page", *TICKET)
    published("page", "--id", "T-2", *TICKET[2:])
    published("merge", "T-2", "T-1", "--by", "ana")
    shown = published("tickets", "show", "T-2", "--timeline").out
    assert "merged into T-1; first reply due" in shown
    assert "  first reply: continues on the ticket that this one was merged into" in shown
    assert "T-2 was merged into it" in published("tickets", "show", "T-1", "--timeline").out
