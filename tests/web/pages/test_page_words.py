"""Refusals on pages: every form that refuses speaks of people, dates and the fields that a person sees."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

import oncall
from tests.paging.world import ticket_body
from tests.web.browser import Browser
from tests.web.service import Service

SOURCE = Path(oncall.__file__).parent
REACHED = (
    "paging/actions/calendar_access.py",
    "paging/actions/customer_actions.py",
    "paging/actions/merging.py",
    "paging/actions/portal_ticket.py",
    "paging/actions/provider_sign_in.py",
    "paging/actions/ticket_action.py",
    "paging/actions/ticket_references.py",
    "paging/watch/drill.py",
    "planning/posted/carry_out*.py",
    "planning/posted/plan_drafts.py",
    "planning/posted/uploaded_files.py",
    "planning/published/change_*.py",
    "planning/published/cover_shift.py",
    "planning/published/override_shift.py",
    "planning/published/publish_plan.py",
    "planning/published/schedule_version.py",
    "planning/published/undo_version.py",
    "planning/swaps/ask_to_swap.py",
    "planning/swaps/held_shifts.py",
    "planning/swaps/swap_answers.py",
    "planning/swaps/takers.py",
    "schedule/change_checks.py",
    "status/named_states.py",
    "status/proposal_actions.py",
    "status/status_actions.py",
    "status/status_record.py",
    "status/status_texts.py",
    "web/pages/*/*.py",
)
"""The modules whose refusals a form can show."""
OF_A_TERMINAL = re.compile(r"--\w|`|\btoken\b|\boncall \w+|\bthe id\b|\bby their id\b|ONCALL_")
OF_AN_ID = re.compile(r"\.(engineer|other|by|giver|taker|author|id|answered_by)$|^(engineer|person|other|entitled)$")
NOT_ON_PAGES = ("calendar links of", "this token asks for the covers", "only a manager makes them")
"""Refusals of the same modules that only the API gives: a page names neither another owner of a link nor an absence."""


def _refusals() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted(path for pattern in REACHED for path in SOURCE.glob(pattern)):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
                name = getattr(node.exc.func, "id", "")
                if name in ("Refused", "NotFound", "Conflict", "NotAllowed", "ScheduleMoved", "DifferentTickets"):
                    yield f"{path.relative_to(SOURCE)}:{node.lineno}", node.exc


def _texts(node: ast.expr) -> str:
    return " ".join(str(each.value) for each in ast.walk(node) if isinstance(each, ast.Constant))


def _ids(node: ast.expr) -> list[str]:
    values = [each.value for each in ast.walk(node) if isinstance(each, ast.FormattedValue)]
    return [text for text in map(ast.unparse, values) if OF_AN_ID.search(text) and "ticket" not in text]


def test_every_refusal_that_names_a_command_or_an_id_has_words_for_pages() -> None:
    found = dict(_refusals())
    assert len(found) > 60
    wanting = {}
    for place, call in found.items():
        given = {each.arg: each.value for each in call.keywords}
        shown = given.get("on_page", call.args[0])
        words = _texts(shown)
        if any(each in _texts(call.args[0]) for each in NOT_ON_PAGES):
            continue
        if OF_A_TERMINAL.search(words) or _ids(shown):
            wanting[place] = ast.unparse(shown)
    assert wanting == {}


PEOPLE = ("ana", "ben", "chloe", "dmitri", "mei")
FIELDS = (
    "engineer",
    "with",
    "from",
    "to",
    "by",
    "role",
    "version",
    "undo",
    "force",
    "why",
    "into",
    "kind",
    "day",
    "id",
)
FOR_MACHINES = re.compile(
    rf"--\w|`|\btoken\b|\boncall [a-z]+ |(?<![\w-])(?:{'|'.join(PEOPLE)})(?![\w-])|(?:^|; )(?:{'|'.join(FIELDS)}): "
)
NIGHT = {"from": "2027-01-12T19:01", "to": "2027-01-13T08:00", "reason": "a concert"}
WEEKEND = "/board/shifts/2027-01-23T00:01:00Z/primary"
TICKET = "/board/tickets/T-1"


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("words"), is_roster_published=True) as service:
        assert service.post(ticket_body("T-1")).status_code == 202
        override = {**NIGHT, "from": "2027-01-12T19:01:00-05:00", "to": "2027-01-13T08:00:00-05:00"}
        answer = service.post(
            {**override, "engineer": "chloe", "role": "primary"}, by="mei", path="/v1/schedule/overrides"
        )
        assert answer.status_code == 201, answer.text
        yield service


@pytest.fixture(scope="module")
def browsers(board: Service) -> Iterator[Mapping[str, Browser]]:
    with Browser(board) as mei, Browser(board) as ana:
        mei.sign_in("mei")
        ana.sign_in("ana")
        yield {"mei": mei, "ana": ana}


def refusal(answer_text: str) -> str:
    alert = BeautifulSoup(answer_text, "html.parser").select_one('[role="alert"]')
    assert alert is not None, answer_text
    return " ".join(alert.get_text(" ").split())


@pytest.mark.parametrize(
    ("person", "page", "action", "values", "words"),
    [
        ("mei", "/board", "/board/override", {**NIGHT, "engineer": "zed"}, "this engineer is not on the published"),
        ("mei", "/board", "/board/override", {**NIGHT, "engineer": "chloe"}, "Chloé Martin is primary for all of"),
        (
            "mei",
            "/board",
            "/board/override",
            {**NIGHT, "engineer": "ben", "role": "primary"},
            "Ben Okafor is secondary",
        ),
        ("mei", "/board", "/board/override", {**NIGHT, "engineer": "a\nb"}, "the form does not fit its page"),
        ("mei", "/board", "/board/override", {**NIGHT, "role": "cook"}, 'there is no role "cook"'),
        ("mei", "/board", "/board/override", {**NIGHT, "to": "2027-01-01T08:00"}, "To: must be after the time in From"),
        ("ana", "/board", "/board/override", {**NIGHT, "engineer": "ben"}, "only Ben Okafor or a manager can do this"),
        ("mei", "/board", "/board/cover", {"by": "ana"}, "Ana Pereira has this shift already"),
        ("mei", "/board", "/board/cover", {"by": "zed"}, "this engineer is not on the published roster"),
        ("mei", "/board", "/board/cover", {"by": "chloe", "version": "0"}, "the schedule has changed since this page"),
        ("ana", "/board", "/board/undo", {"undo": "2", "reason": "no"}, "only Mei Lin or a manager can do this"),
        ("mei", "/board", "/board/undo", {"undo": "99", "reason": "no"}, "the schedule has no version 99"),
        ("mei", "/board", "/board/undo", {"reason": " "}, "Reason: is empty"),
        ("ana", WEEKEND, "/board/swap", {"engineer": "ana"}, "only a manager makes a swap at once; ask"),
        ("ana", WEEKEND, "/board/swap/ask", {"engineer": "ben"}, "only Ben Okafor or a manager can do this"),
        ("mei", WEEKEND, "/board/swap", {"with": "ana"}, "Ana Pereira has this shift already"),
        ("mei", WEEKEND, "/board/swap", {"with": "zed"}, "this engineer is not on the published roster"),
        ("mei", WEEKEND, "/board/swap", {"with": "ben"}, "Ben Okafor is "),
        ("mei", WEEKEND, "/board/swap", {"engineer": "dmitri"}, "Dmitri Volkov has no shift as primary on"),
        ("mei", WEEKEND, "/board/swap", {"day": "2027-01-02"}, "2027-01-02 is over"),
        ("mei", WEEKEND, "/board/swap", {"day": "soon"}, "the form does not fit its page"),
        ("mei", TICKET, f"{TICKET}/pass", {"to": "zed"}, "this person is on no published roster"),
        ("mei", TICKET, f"{TICKET}/pass", {"to": "mei"}, "T-1: Mei Lin cannot pass it to themselves"),
        ("mei", TICKET, f"{TICKET}/pass", {"to": "\x07"}, "To: choose a person from the list"),
        ("mei", TICKET, f"{TICKET}/merge", {"into": "T-9"}, 'T-1: there is no ticket "T-9" to merge it into'),
        ("mei", TICKET, f"{TICKET}/merge", {"into": "T-1"}, "T-1 cannot be merged into itself"),
        ("mei", TICKET, f"{TICKET}/merge", {"into": " "}, "Into the ticket: write the ticket as the board does"),
        ("mei", TICKET, f"{TICKET}/reply", {"message": "x" * 10_001}, "Message: has 10,001 characters"),
        ("mei", TICKET, f"{TICKET}/impact", {"impact": "P1"}, '"P1" is not an impact of the policy'),
        ("mei", TICKET, "/board/tickets/T-9/resolve", {}, 'there is no ticket "T-9"; the board lists the open ones'),
        ("ana", "/me", "/me/swaps/AB2/accept", {}, 'there is no swap "AB2"; open your own page again'),
        ("ana", "/me", "/me/calendar", {"link": "x"}, "the form does not fit its page"),
        ("ana", "/me", "/me/calendar/revoke", {}, "you have no calendar link any more"),
        ("ana", "/me", "/me/drill", {"drill": "x"}, "this form has no id of its own"),
        ("ana", "/board", "/board/drafts/none/discard", {}, "only a manager drafts and publishes plans"),
        ("mei", "/board", "/board/drafts/none/publish", {"reason": "now"}, "there is no such draft"),
    ],
)
def test_a_refused_form_speaks_of_people_and_of_what_they_see(
    browsers: Mapping[str, Browser], person: str, page: str, action: str, values: Mapping[str, str], words: str
) -> None:
    browser = browsers[person]
    answer = browser.send(action, fields(browser, page, action) | dict(values))
    assert 400 <= answer.status_code < 500, answer.text
    shown = refusal(answer.text)
    assert words in shown, shown
    assert FOR_MACHINES.search(shown) is None, shown


def fields(browser: Browser, page: str, action: str) -> dict[str, str]:
    """Return the fields that a form of the page has, or those that every form has."""
    found = browser.page(page).find("form", action=action)
    if found is not None:
        return browser.form(page, action)
    every = {"form_token": browser.form("/me", "/logout")["form_token"], "version": newest(browser)}
    swap = {"engineer": "ana", "day": "2027-01-23T00:01:00Z", "role": "primary", "with": "dmitri"}
    return every | (swap if page == WEEKEND else {})


def newest(browser: Browser) -> str:
    return browser.form("/board", "/board/override")["version"]


def test_broken_rules_are_listed_with_names_and_without_the_keys_of_the_roster(
    board: Service, browsers: Mapping[str, Browser]
) -> None:
    listed = board.call("GET", "/v1/schedule/swaps/takers?engineer=ana&day=2027-01-22").json()["takers"]
    illegal = [each["engineer"] for each in listed if not each["legal"]]
    assert illegal
    mei, shown = browsers["mei"], 0
    for engineer in illegal:
        sent = fields(mei, WEEKEND, "/board/swap") | {"with": engineer}
        sentence = refusal(mei.send("/board/swap", sent).text)
        assert FOR_MACHINES.search(sentence) is None, sentence
        shown += "the change breaks rules of the published roster" in sentence
    assert shown
    page = mei.page(f"{WEEKEND}?with={illegal[0]}")
    for part in (*page.select("td"), *page.select("li")):
        assert FOR_MACHINES.search(part.get_text()) is None, part
