"""The portal: how a customer's contact signs in, and what the form of four questions does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import httpx
import pytest

from oncall.paging.actions.portal_sign_in import CONTACT, signature_of
from oncall.paging.actions.portal_ticket import SENT_ALREADY
from oncall.paging.actions.sign_in import digest_of
from oncall.paging.ports.sign_in_store import LoginLink
from oncall.paging.ports.store import Transaction
from oncall.web.pages.customers.portal_routes import NO_LINK
from oncall.web.pages.frame.door import FOREIGN_FORM, STALE_FORM
from oncall.web.services.dependencies import kept
from tests.web.browser import Browser, has
from tests.web.pages.customers.portal_forms import BROKEN, KEY, TEXTS, enter, link_for, send, tickets
from tests.web.service import Service


@pytest.fixture
def browser(portal: Service) -> Iterator[Browser]:
    with Browser(portal) as visitor:
        yield visitor


def signed(contact: str, at: int, key: str = KEY) -> dict[str, str]:
    return {"contact": contact, "at": str(at), "signature": signature_of(key, contact, str(at))}


def _add(link: LoginLink, tx: Transaction) -> None:
    tx.add_login_link(link)


def test_the_form_shows_the_promise_before_it_is_sent_and_becomes_a_ticket(portal: Service, browser: Browser) -> None:
    hidden, before = enter(browser), tickets(portal)
    answer = send(browser, hidden, who="many", emergency="no")
    has(answer, 200, "The impact is high: Many people cannot do their normal work")
    has(answer, 200, "Your plan is standard. It is Sat 2027-01-09 03:12 EST.")
    has(answer, 200, "Work on it starts Mon 2027-01-11 00:00 EST.")
    has(answer, 200, "You get the first reply by Mon 2027-01-11 ")
    assert 'value="many" required checked' in answer.text
    assert "Since 21:00.\nAll sites.</textarea>" in answer.text
    assert tickets(portal).keys() == before.keys()
    answer = send(browser, {**hidden, "promised": "high"}, who="many", emergency="no")
    assert (answer.status_code, answer.headers["location"][:3]) == (303, "/t/")
    new = [each for name, each in tickets(portal).items() if name not in before]
    assert [(each["ticket"]["customer"], each["ticket"]["plan"], each["ticket"]["impact"]) for each in new] == [
        ("Acme Ltd", "standard", "high")
    ]
    assert new[0]["ticket"]["contact"] == "joe@acme.example"
    page = browser.get(answer.headers["location"]).text
    assert "Nobody can log in" in page
    assert "Since 21:00.\nAll sites.</blockquote>" in page


def test_the_promise_is_shown_again_when_the_answers_change_it(portal: Service, browser: Browser) -> None:
    hidden, before = enter(browser), tickets(portal)
    answer = send(browser, {**hidden, "promised": "high"})
    has(answer, 200, "An engineer is called at once.")
    has(answer, 200, 'name="promised" value="urgent"')
    assert tickets(portal).keys() == before.keys()


def test_an_urgent_form_pages_once_however_often_it_is_sent(portal: Service, browser: Browser) -> None:
    hidden, before = {**enter(browser), "promised": "urgent"}, tickets(portal)
    answers = [send(browser, hidden) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    (name,) = [name for name in tickets(portal) if name not in before]
    ticket = portal.ticket(name)
    assert [each["purpose"] for each in ticket["attempts"]] == ["page"]
    assert [each["kind"] for each in ticket["events"]].count("customer_replied") == 1
    assert "Since 21:00" not in ticket["attempts"][0]["text"]
    has(send(browser, {**hidden, "promised": "low"}, what="question"), 409, SENT_ALREADY)


@pytest.mark.parametrize("what", ["question", "services"])
def test_questions_and_services_are_low_and_page_nobody(portal: Service, browser: Browser, what: str) -> None:
    hidden, before = {**enter(browser, "sue@globex.example"), "promised": "low"}, tickets(portal)
    assert send(browser, hidden, what=what).status_code == 303
    (name,) = [name for name in tickets(portal) if name not in before]
    ticket = portal.ticket(name)
    assert (ticket["ticket"]["customer"], ticket["ticket"]["impact"], ticket["attempts"]) == ("Globex", "low", [])
    assert ticket["ticket"]["subject"].startswith("Billing, training or services: ") is (what == "services")


def test_faults_are_listed_on_top_and_nothing_that_was_typed_is_lost(portal: Service, browser: Browser) -> None:
    hidden, before = enter(browser), tickets(portal)
    long = "<i>" + "x" * 1_000_000
    answer = browser.send("/portal/tickets", {**hidden, "what": "broken", "who": "x", "subject": " ", "message": long})
    for words in (
        '<a href="#who">Who</a>: choose an answer',
        '<a href="#way">Way</a>: choose an answer',
        '<a href="#emergency">Emergency</a>: choose an answer',
        '<a href="#subject">Subject</a>: is empty',
        '<a href="#message">Message</a>: has 1,000,003 characters; write at most 10,000',
        'value="broken" required checked',
        "&lt;i&gt;xxx",
        f'name="id" value="{hidden["id"]}"',
        'id="who" tabindex="-1" aria-describedby="who-fault"',
    ):
        has(answer, 422, words)
    assert tickets(portal).keys() == before.keys()


def test_a_contact_sees_the_components_that_only_this_customer_may_see(portal: Service, browser: Browser) -> None:
    enter(browser)
    has(browser.get("/portal"), 200, "<li>VPN of Acme: Operational.")
    down = {
        "action": "open",
        "title": "VPN <b>down</b>",
        "components": {"acme-vpn": "major_outage"},
        "message": "A fibre.",
    }
    incident = portal.post(down, by="ana", path="/v1/status/events").json()["id"]
    words = (
        "<li>VPN of Acme: Major outage. <ul><li>VPN &lt;b&gt;down&lt;/b&gt; (investigating): A fibre.</li></ul></li>"
    )
    has(browser.get("/portal"), 200, words)
    portal.post({"action": "update", "incident": incident, "state": "resolved"}, by="ana", path="/v1/status/events")
    with Browser(portal) as other:
        enter(other, "sue@globex.example")
        page = other.get("/portal")
        assert page.status_code == 200 and "VPN" not in page.text


def test_a_link_shows_a_button_works_once_and_only_for_its_contact(portal: Service, browser: Browser) -> None:
    path = link_for(portal, "JOE@acme.example")
    form = browser.form(path, "/portal/link")
    assert browser.form(path, "/portal/link") == form
    assert browser.send("/portal/link", form).status_code == 303
    has(browser.get("/portal"), 200, "joe@acme.example")
    has(browser.send("/portal/link", form), 403, NO_LINK)
    assert browser.get("/board").headers["location"] == "/login?next=%2Fboard"


def test_a_link_that_has_ended_or_is_an_engineers_is_refused(portal: Service, browser: Browser) -> None:
    real_now = kept(portal.app).services.clock.real_now()
    ended = LoginLink(digest_of("late"), f"{CONTACT}joe@acme.example", "mei", real_now, real_now - timedelta(seconds=1))
    engineers = LoginLink(digest_of("ana"), "ana", "mei", real_now, real_now + timedelta(hours=1))
    for link, secret in ((engineers, "ana"), (ended, "late")):
        portal.store.write(partial(_add, link))
        has(browser.send("/portal/link", {"link": secret}), 403, NO_LINK)
    board = browser.send("/login", {"link": link_for(portal, "joe@acme.example").rpartition("/")[2]})
    assert board.status_code == 403


def test_a_session_ends_on_the_server_at_the_sign_out(portal: Service, browser: Browser) -> None:
    enter(browser)
    session = browser.http.cookies["oncall-portal"]
    assert browser.fill("/portal", "/portal/sign-out").status_code == 303
    has(browser.get("/portal", Cookie=f"oncall-portal={session}"), 200, "Ask your support contact for a link")


def test_the_hosts_portal_signs_a_customer_in_once(portal: Service, browser: Browser) -> None:
    now = int(kept(portal.app).services.clock.real_now().timestamp())
    fields = signed("sue@globex.example", now)
    query = httpx.QueryParams(fields)
    assert browser.form(f"/portal?{query}", "/portal/link") == fields
    assert browser.send("/portal/link", fields).status_code == 303
    has(browser.get("/portal"), 200, "Globex")
    has(browser.send("/portal/link", fields), 403, NO_LINK)


@pytest.mark.parametrize("case", ["forged", "other contact", "old", "ahead", "nobody", "no time", "no signature"])
def test_a_signed_link_that_is_forged_or_old_is_refused(portal: Service, browser: Browser, case: str) -> None:
    now = int(kept(portal.app).services.clock.real_now().timestamp())
    good = signed("joe@acme.example", now)
    fields = {
        "forged": signed("joe@acme.example", now, key="z" * 32),
        "other contact": {**good, "contact": "sue@globex.example"},
        "old": signed("joe@acme.example", now - 301),
        "ahead": signed("joe@acme.example", now + 400),
        "nobody": signed("eve@evil.example", now),
        "no time": {**good, "at": "soon"},
        "no signature": {**good, "signature": ""},
    }[case]
    has(browser.send("/portal/link", fields), 403, NO_LINK)


def test_no_form_of_another_site_or_session_is_taken(portal: Service, browser: Browser) -> None:
    hidden, before = {**enter(browser), "promised": "urgent"}, tickets(portal)
    values = {**hidden, **BROKEN, **TEXTS}
    for path in ("/portal/tickets", "/portal/link", "/portal/mail", "/portal/sign-out"):
        answer = browser.http.post(path, data=values, headers={"Sec-Fetch-Site": "cross-site"})
        has(answer, 403, FOREIGN_FORM)
    with Browser(portal) as other:
        own = enter(other, "sue@globex.example")
        has(other.send("/portal/tickets", values), 403, STALE_FORM)
        # The id of another customer's form names another ticket here.
        assert send(other, {**own, "id": hidden["id"], "promised": "low"}, what="question").status_code == 303
    assert send(browser, hidden).status_code == 303
    new = {each["ticket"]["customer"] for name, each in tickets(portal).items() if name not in before}
    assert new == {"Acme Ltd", "Globex"}


def test_the_mail_address_for_help_is_at_the_same_place_of_every_page(portal: Service, browser: Browser) -> None:
    places = []
    pages = [browser.get("/portal"), browser.get("/portal/link/x")]
    hidden = enter(browser)
    pages += [browser.get("/portal"), send(browser, hidden), send(browser, hidden, subject="")]
    pages.append(browser.get(send(browser, {**hidden, "promised": "urgent"}).headers["location"]))
    for answer in pages:
        header = answer.text.partition("<header>")[2].partition("</header>")[0]
        places.append(header)
        assert 'write to <a href="mailto:help@itopia.example">help@itopia.example</a>' in header
        assert answer.headers["cache-control"] == "no-store"
        assert "<script>" not in answer.text
        assert "style=" not in answer.text
    assert len(set(places)) == 1
