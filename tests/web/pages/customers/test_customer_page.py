"""The page of a customer's ticket: what it shows, what its forms do, and who cannot open it."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from oncall.paging.actions.action_checks import LONGEST_MESSAGE
from oncall.web.access.flood_gate import FloodGate
from oncall.web.pages.customers.customer_routes import NO_TICKET, TOO_MANY
from oncall.web.pages.frame.page_refusals import TOO_LARGE
from tests.web.browser import Browser, has
from tests.web.pages.customers.customer_pages import kinds, new_page, record, shown
from tests.web.service import Service, problem


@pytest.fixture
def browser(desk: Service) -> Iterator[Browser]:
    with Browser(desk) as visitor:
        yield visitor


def test_the_page_shows_the_state_the_promised_times_and_who_has_it(desk: Service, browser: Browser) -> None:
    ticket, path = new_page(desk, impact="high")
    words = shown(browser, path)
    assert "We have your ticket. Work on it starts Mon 2027-01-11 00:00 EST. Impact: high." in words
    assert "First reply by Mon 2027-01-11 " in words
    record(desk, ticket, "acknowledged", by="ben")
    words = shown(browser, path)
    assert "Ben has your ticket." in words
    assert "Ben took your ticket" in words
    record(desk, ticket, "waiting", by="ben")
    assert "Ben waits for your answer." in shown(browser, path)
    assert "write to help@itopia.example" in words


def test_the_page_shows_the_conversation_and_none_of_our_notes(desk: Service, browser: Browser) -> None:
    ticket, path = new_page(desk)
    record(desk, ticket, "customer_replied", message="It is slow\nsince noon", why="from the help desk")
    record(desk, ticket, "replied", by="ana", message="We are on it.", why="probably their own firewall")
    record(desk, ticket, "updated", by="helpdesk", why="called them")
    words = shown(browser, path)
    assert "You wrote: It is slow since noon" in words
    assert "Ana wrote to you: We are on it." in words
    assert "Our support team wrote to you." in words
    for hidden in ("firewall", "called them", "from the help desk", "+1305", "mei", "helpdesk"):
        assert hidden not in words


def test_a_message_counts_as_the_customers_and_its_words_are_kept(desk: Service, browser: Browser) -> None:
    ticket, path = new_page(desk)
    answer = browser.fill(path, f"{path}/message", message="Now it is red.\r\nSee:  a  b")
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    last = desk.ticket(ticket)["events"][-1]
    assert (last["kind"], last["by"], last["why"]) == (
        "customer_replied", "customer", "the customer wrote on the ticket's page",
    )  # fmt: skip
    assert last["details"]["text"] == "Now it is red.\nSee:  a  b"
    assert "You wrote: Now it is red. See: a b" in shown(browser, path)


def test_a_form_that_is_sent_twice_acts_once_and_other_words_are_not_lost(desk: Service, browser: Browser) -> None:
    ticket, path = new_page(desk)
    form = browser.form(path, f"{path}/message")
    for words in ("one", "one", "two"):
        assert browser.send(f"{path}/message", {**form, "message": words}).status_code == 303
    said = [each["details"]["text"] for each in desk.ticket(ticket)["events"] if each["kind"] == "customer_replied"]
    assert said == ["one", "two"]


def test_it_got_worse_raises_the_impact_one_step_also_from_two_tabs(desk: Service, browser: Browser) -> None:
    ticket, path = new_page(desk)
    forms = [browser.form(path, f"{path}/worse") for _ in range(2)]
    for form in (forms[0], forms[0], forms[1]):
        assert browser.send(f"{path}/worse", form).status_code == 303
    assert desk.ticket(ticket)["ticket"]["impact"] == "normal"
    for impact in ("high", "urgent"):
        assert browser.fill(path, f"{path}/worse").status_code == 303
        assert desk.ticket(ticket)["ticket"]["impact"] == impact
    assert "It got worse" not in shown(browser, path)
    assert kinds(desk, ticket) == ["impact_changed"] * 3
    assert [each["purpose"] for each in desk.ticket(ticket)["attempts"]] == ["page"]


def test_it_is_solved_resolves_the_ticket_and_a_message_opens_it_again(desk: Service, browser: Browser) -> None:
    ticket, path = new_page(desk)
    late = browser.form(path, f"{path}/worse")
    form = browser.form(path, f"{path}/solved")
    browser.send(f"{path}/solved", form)
    browser.send(f"{path}/solved", form)
    assert desk.ticket(ticket)["state"] == "resolved"
    assert kinds(desk, ticket) == ["resolved"]
    assert "Solved. Impact: low." in shown(browser, path)
    has(browser.send(f"{path}/worse", late), 409, "This ticket is solved already. Write a message to open it again.")
    assert browser.fill(path, f"{path}/message", message="it is back").status_code == 303
    assert desk.ticket(ticket)["state"] == "open"
    assert "The ticket was opened again" in shown(browser, path)


@pytest.mark.parametrize("size", [LONGEST_MESSAGE + 1, 1_000_000])
def test_a_message_that_is_too_long_comes_back_with_its_words(desk: Service, browser: Browser, size: int) -> None:
    ticket, path = new_page(desk)
    typed = "<b>" + "x" * (size - 3)
    answer = browser.fill(path, f"{path}/message", message=typed)
    has(answer, 422, f'<a href="#message">Message</a>: has {size:,} characters; write at most 10,000')
    assert "&lt;b&gt;" + "x" * (size - 3) in answer.text
    assert kinds(desk, ticket) == []


@pytest.mark.parametrize(("typed", "words"), [("", "is empty"), (" \u202e\r\n ", "is empty")])
def test_an_empty_message_is_refused_in_words(desk: Service, browser: Browser, typed: str, words: str) -> None:
    ticket, path = new_page(desk)
    has(browser.fill(path, f"{path}/message", message=typed), 422, f'<a href="#message">Message</a>: {words}')
    assert kinds(desk, ticket) == []


def test_a_body_beyond_every_message_is_refused_unread(desk: Service, browser: Browser) -> None:
    _, path = new_page(desk)
    answer = browser.fill(path, f"{path}/message", message="x" * 4_200_000)
    has(answer, 413, TOO_LARGE)


def test_html_bidi_and_control_characters_of_a_customer_do_nothing(desk: Service, browser: Browser) -> None:
    _, path = new_page(desk, subject="<script>alert(1)</script> \u202egpj.exe\x07")
    text = '</blockquote><img src=x onerror="a()">\u202eevil\x1b[2J\u2066\nnext'
    browser.fill(path, f"{path}/message", message=text)
    raw = browser.get(path).text
    assert "<script>" not in raw
    assert "<img" not in raw
    for letter in "\u202e\u2066\x07\x1b":
        assert letter not in raw
    assert "&lt;/blockquote&gt;&lt;img src=x" in raw


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
    ],
)
def test_a_form_of_another_site_changes_nothing(desk: Service, browser: Browser, headers: dict[str, str]) -> None:
    ticket, path = new_page(desk)
    form = browser.form(path, f"{path}/solved")
    has(browser.http.post(f"{path}/solved", data=form, headers=headers), 403, "was not sent from a page")
    assert desk.ticket(ticket)["state"] == "open"


@pytest.mark.parametrize("origin", ["null", None])
def test_an_older_browser_that_sends_no_origin_from_this_page_may_write(
    desk: Service, browser: Browser, origin: str | None
) -> None:
    ticket, path = new_page(desk)
    form = browser.form(path, f"{path}/solved")
    headers = {"Origin": origin} if origin is not None else {}
    assert browser.http.post(f"{path}/solved", data=form, headers=headers).status_code == 303
    assert desk.ticket(ticket)["state"] == "resolved"


@pytest.mark.parametrize("form", ["", "x", "0" * 17])
def test_a_form_without_its_id_is_refused(desk: Service, browser: Browser, form: str) -> None:
    ticket, path = new_page(desk)
    words = "this form is not complete; open the page again and send it from there"
    has(browser.send(f"{path}/message", {"id": form, "message": "kept"}), 422, words)
    assert kinds(desk, ticket) == []


def test_a_secret_opens_its_own_ticket_alone(desk: Service, browser: Browser) -> None:
    (first, path), (second, other) = new_page(desk), new_page(desk, customer="Globex")
    form = browser.form(path, f"{path}/solved")
    assert first in shown(browser, path)
    assert second not in shown(browser, path)
    assert "Globex" not in browser.get(path).text
    for wrong in ("/t/x", "/t/" + "A" * 22, "/t/" + "A" * 200, path[:-1], f"/t/{first}"):
        has(browser.get(wrong), 404, NO_TICKET)
        has(browser.send(f"{wrong}/solved", form), 404, NO_TICKET)
    assert {desk.ticket(each)["state"] for each in (first, second)} == {"open"}
    assert len(other.rpartition("/")[2]) == 22


def test_a_duplicate_shows_the_ticket_that_it_was_merged_into(desk: Service, browser: Browser) -> None:
    (duplicate, path), (ticket, _) = new_page(desk), new_page(desk, subject="The real one")
    record(desk, duplicate, "merged", into=ticket)
    assert f"Ticket {duplicate}: The real one" in shown(browser, path)
    browser.fill(path, f"{path}/message", message="still slow")
    assert kinds(desk, ticket) == ["customer_replied"]
    assert "You wrote: still slow" in shown(browser, path)


def test_revoked_links_open_nothing(desk: Service, browser: Browser) -> None:
    ticket, path = new_page(desk)
    form = browser.form(path, f"{path}/solved")
    answer = desk.call("POST", f"/v1/tickets/{ticket}/links/revoke", by="mei")
    assert answer.json() == {"ticket": ticket, "revoked": 1}
    has(browser.get(path), 404, NO_TICKET)
    has(browser.send(f"{path}/solved", form), 404, NO_TICKET)
    again = desk.call("POST", f"/v1/tickets/{ticket}/links/revoke", by="mei")
    problem(again, 404, f"{ticket} has no link; `oncall tickets link {ticket}` makes one")


def test_a_ticket_has_at_most_twenty_links(desk: Service) -> None:
    ticket, _ = new_page(desk)
    answers = [desk.call("POST", f"/v1/tickets/{ticket}/links", by="mei") for _ in range(20)]
    assert [answer.status_code for answer in answers] == [201] * 19 + [422]
    words = f"{ticket} has 20 links already; `oncall tickets link {ticket} --revoke` revokes them all"
    problem(answers[-1], 422, words)


def test_the_address_is_in_no_log_and_no_referer(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    _, path = new_page(service)
    with Browser(service) as browser, capture_logs() as logs:
        answer = browser.get(path)
        browser.send(f"{path}/message", {"id": "x"})
        browser.send(f"{path}/nothing", {})
        browser.get(f"/t/{path[3:]}x")
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert '<meta name="robots" content="noindex, nofollow">' in answer.text
    own = [each.getMessage() for each in caplog.records if not each.name.startswith("http")]
    assert path.rpartition("/")[2] not in f"{logs}{own}"
    assert {line["path"] for line in logs if line.get("action") == "refused"} == {"/t/..."}


def test_too_many_forms_are_answered_with_what_was_typed(desk: Service, browser: Browser) -> None:
    ticket, path = new_page(desk)
    gate = FloodGate(burst=1, per_second=0)
    gates = desk.app.state.running.services
    usual = gates.customer_forms
    object.__setattr__(gates, "customer_forms", gate)
    try:
        form = browser.form(path, f"{path}/message")
        assert browser.send(f"{path}/message", {**form, "message": "one"}).status_code == 303
        answer = browser.send(f"{path}/message", {**form, "message": "keep me"})
    finally:
        object.__setattr__(gates, "customer_forms", usual)
    has(answer, 503, TOO_MANY)
    assert "keep me</textarea>" in answer.text
    assert kinds(desk, ticket) == ["customer_replied"]
