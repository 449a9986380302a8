"""What a customer typed is never lost: not with an ended sign-in, a revoked link, or a database that is away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from bs4 import BeautifulSoup

from oncall.web.edge.problem_documents import NOTHING_STORED
from oncall.web.pages.customers.customer_routes import NO_TICKET
from oncall.web.pages.customers.portal_routes import SIGN_IN_ENDED, SIGNED_IN_AGAIN
from tests.web.browser import Browser, has
from tests.web.pages.customers.customer_pages import new_page, record
from tests.web.pages.customers.portal_forms import BROKEN, CUSTOMERS, POLICY, TEXTS, enter, link_for, send, tickets
from tests.web.service import Service

HELP = 'write to <a href="mailto:help@itopia.example">help@itopia.example</a>'


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Saturday night. No mail goes out."""
    with Service(tmp_path_factory.mktemp("desk"), policy_lines=POLICY, customers=CUSTOMERS) as service:
        yield service


@pytest.fixture
def browser(desk: Service) -> Iterator[Browser]:
    with Browser(desk) as visitor:
        yield visitor


@contextmanager
def database_away(service: Service) -> Iterator[None]:
    away = service.file.with_suffix(".away")
    service.file.rename(away)
    try:
        yield
    finally:
        away.rename(service.file)


def form_on(text: str, action: str) -> dict[str, str]:
    """Return the fields of a page's form that posts to `action`."""
    form = BeautifulSoup(text, "html.parser").find("form", action=action)
    assert form is not None, text
    fields = {str(each["name"]): str(each.get("value", "")) for each in form.find_all("input")}
    box = form.find("textarea")
    return fields | ({str(box["name"]): box.get_text().removeprefix("\n")} if box is not None else {})


def test_a_sign_in_that_ends_while_a_customer_writes_loses_nothing(desk: Service, browser: Browser) -> None:
    hidden, before = enter(browser), tickets(desk)
    browser.fill("/portal", "/portal/sign-out")
    ended = send(browser, hidden)
    has(ended, 200, SIGN_IN_ENDED)
    has(ended, 200, HELP)
    kept = form_on(ended.text, "/portal/tickets")
    assert {name: kept[name] for name in (*BROKEN, *TEXTS)} == {**BROKEN, **TEXTS}
    # The customer signs in in another tab of the same browser, and comes back.
    browser.fill(link_for(desk, "joe@acme.example"), "/portal/link")
    again = browser.send("/portal/tickets", kept)
    has(again, 200, SIGNED_IN_AGAIN)
    assert 'name="emergency" value="yes" required checked' in again.text
    assert f"{TEXTS['message']}</textarea>" in again.text
    assert tickets(desk).keys() == before.keys()
    own = form_on(again.text, "/portal/tickets")
    assert send(browser, {**hidden, "form_token": own["form_token"], "promised": "urgent"}).status_code == 303
    assert len(tickets(desk)) == len(before) + 1


def test_a_link_that_is_revoked_while_a_customer_writes_gives_the_words_back(desk: Service, browser: Browser) -> None:
    ticket, path = new_page(desk)
    form = browser.form(path, f"{path}/message")
    desk.call("POST", f"/v1/tickets/{ticket}/links/revoke", by="mei")
    answer = browser.send(f"{path}/message", {**form, "message": "a long <b>story</b>"})
    has(answer, 404, NO_TICKET)
    has(answer, 404, "a long &lt;b&gt;story&lt;/b&gt;</textarea>")
    has(answer, 404, HELP)
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_a_database_that_is_away_gives_the_words_back_and_the_form_acts_once(desk: Service, browser: Browser) -> None:
    ticket, path = new_page(desk)
    form = browser.form(path, f"{path}/message")
    hidden, before = {**enter(browser), "promised": "urgent"}, tickets(desk)
    with database_away(desk):
        said = browser.send(f"{path}/message", {**form, "message": "It is red."})
        sent = send(browser, hidden)
    for answer in (said, sent):
        has(answer, 503, NOTHING_STORED)
        # The page names the address for help although it cannot read the policy.
        has(answer, 503, HELP)
    kept = form_on(said.text, f"{path}/message")
    assert kept == {"id": form["id"], "message": "It is red."}
    desk.until(lambda: browser.send(f"{path}/message", kept).status_code == 303)
    assert browser.send(f"{path}/message", kept).status_code == 303
    assert [each["kind"] for each in desk.ticket(ticket)["events"]].count("customer_replied") == 1
    again = form_on(sent.text, "/portal/tickets")
    assert (again["id"], again["subject"], again["message"]) == (hidden["id"], TEXTS["subject"], TEXTS["message"])
    assert send(browser, hidden).status_code == 303
    assert len(tickets(desk)) == len(before) + 1


def test_each_refusal_names_the_address_for_help_at_the_place_of_every_page(desk: Service, browser: Browser) -> None:
    _, path = new_page(desk)
    usual = browser.get(path).text
    form = browser.form(path, f"{path}/solved")
    answers = [
        browser.get("/t/wrong"),
        browser.send(f"{path}/nothing", form),
        browser.http.post(f"{path}/solved", data=form, headers={"Sec-Fetch-Site": "cross-site"}),
        browser.send("/portal/link", {"link": "x"}),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 403, 403]
    header = usual.partition("<header>")[2].partition("</header>")[0]
    assert HELP in header
    assert {answer.text.partition("<header>")[2].partition("</header>")[0] for answer in answers} == {header}


def test_an_engineer_resolves_while_the_customer_writes_and_neither_is_lost(desk: Service, browser: Browser) -> None:
    ticket, path = new_page(desk)
    form = browser.form(path, f"{path}/message")
    record(desk, ticket, "resolved", by="ana")
    assert browser.send(f"{path}/message", {**form, "message": "it is not"}).status_code == 303
    assert desk.ticket(ticket)["state"] == "open"
    kinds = [each["kind"] for each in desk.ticket(ticket)["events"]]
    assert (kinds.count("resolved"), kinds.count("customer_replied"), kinds.count("reopened")) == (1, 1, 1)


def test_a_planted_session_opens_nothing_and_is_replaced_at_the_sign_in(desk: Service, browser: Browser) -> None:
    browser.http.cookies.set("oncall-portal", "planted", domain="127.0.0.1")
    has(browser.get("/portal"), 200, "Ask your support contact for a link")
    enter(browser)
    assert "planted" not in [each.value for each in browser.http.cookies.jar if each.name == "oncall-portal"][-1:]
    with Browser(desk) as attacker:
        attacker.http.cookies.set("oncall-portal", "planted", domain="127.0.0.1")
        has(attacker.get("/portal"), 200, "Ask your support contact for a link")


@pytest.mark.parametrize("wanted", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_a_customer_is_led_to_no_address_of_another_site(desk: Service, browser: Browser, wanted: str) -> None:
    path = link_for(desk, "joe@acme.example")
    answer = browser.fill(f"{path}?next={wanted}", "/portal/link", next=wanted)
    assert (answer.status_code, answer.headers["location"]) == (303, "/portal")
    hidden = enter(browser)
    sent = send(browser, {**hidden, "promised": "urgent", "next": wanted})
    assert (sent.status_code, sent.headers["location"][:3]) == (303, "/t/")


def test_the_host_header_chooses_no_address_of_a_customers_page(desk: Service, browser: Browser) -> None:
    ticket, path = new_page(desk)
    evil = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    assert "evil.example" not in browser.get(path, **evil).text
    answer = desk.call("POST", f"/v1/tickets/{ticket}/links", by="mei", headers=evil)
    assert answer.json()["url"].startswith(desk.address)
    made = desk.call("POST", "/v1/portal/links", by="mei", headers=evil, json={"contact": "joe@acme.example"})
    assert made.json()["url"].startswith(desk.address)


REPLY = "We restarted the broker; <b>please</b> try again."


@pytest.mark.parametrize("case", ["ended", "another sign-in", "a long message", "too long", "resolved"])
def test_an_engineers_words_come_back_with_each_refusal(desk: Service, browser: Browser, case: str) -> None:
    ticket, _ = new_page(desk)
    path = f"/board/tickets/{ticket}"
    browser.sign_in("mei")
    form = browser.form(path, f"{path}/reply") | {"message": REPLY}
    status, words = 403, "your sign-in has ended, so nothing was changed"
    if case == "ended":
        browser.fill("/me", "/logout")
    elif case == "another sign-in":
        browser.sign_in("ana")
        words = "this form belongs to another sign-in"
    elif case == "a long message":
        form["message"] += " " + "語" * 30_000
        status, words = 422, "Message: has 30,050 characters; write at most 10,000"
    elif case == "too long":
        form["why"] = "x" * 1_001
        status, words = 422, "Note or reason: is not text of at most 1000 characters"
    else:
        record(desk, ticket, "resolved", by="ana")
        status, words = 422, f"{ticket} is resolved; reopen it first"
    answer = browser.send(f"{path}/reply", form)
    has(answer, status, words)
    has(answer, status, "We restarted the broker; &lt;b&gt;please&lt;/b&gt; try again.")
    assert [each["kind"] for each in desk.ticket(ticket)["events"]].count("replied") == 0
