"""What people do on the pages, each flow with scripts, without scripts, and by keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import count

import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from oncall.channels.mail_server import MailServer
from oncall.wiring.mail_settings import MailSettings
from tests.paging.world import NEW_YORK, at, ticket_body
from tests.web.browser import new_link
from tests.web.chromium.busy_service import CUSTOMERS, KEY, POLICY, ana_and_ben, portal_link, posted
from tests.web.chromium.hands import Hands, Way
from tests.web.chromium.watched import Visits
from tests.web.publications import publication_body
from tests.web.service import Service

pytestmark = pytest.mark.system_packages
WEEKEND = "/board/shifts/2027-01-23T00:01:00Z/primary"
"""Ana's weekend from Friday 19:01 in New York."""
NUMBERS = count(1)
ways = pytest.mark.parametrize("way", Way, ids=lambda way: way.value)


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Visits]:
    """Saturday night; ana is primary and ben secondary on every shift. Each flow works on things of its own."""
    with Service(
        tmp_path_factory.mktemp("flows"),
        seats=ana_and_ben,
        is_roster_published=True,
        policy_lines=POLICY,
        customers=CUSTOMERS,
        portal_secret=KEY,
        mail_out=MailSettings(server=MailServer("127.0.0.1", 9, is_tls=False), sender="oncall@itopia.example"),
    ) as service:
        yield Visits(chromium, service)


def says(page: Page, words: str) -> None:
    expect(page.locator("main")).to_contain_text(words)


def holder(service: Service, at: str) -> str:
    return str(service.call("GET", "/v1/oncall", params={"at": at}).json()["roles"]["primary"]["engineer"])


@ways
def test_a_person_signs_in_with_a_link_and_out_again(visits: Visits, way: Way) -> None:
    with visits.tab(has_scripts=way is not Way.WITHOUT_SCRIPTS) as tab:
        hands = Hands(tab.open(new_link(visits.service, "ana")), way)
        hands.button("Sign in")
        says(tab.page, "Ana Pereira")
        hands.button("Sign out")
        expect(tab.page).to_have_url(re.compile("/login$"))
        tab.open("/me")
        expect(tab.page).to_have_url(re.compile("/login"))


@ways
def test_a_manager_swaps_a_weekend_with_the_fairest_taker_in_four_clicks_and_takes_it_back(
    visits: Visits, way: Way
) -> None:
    saturday = "2027-01-23T12:00:00-05:00"
    asked = {"engineer": "ana", "day": "2027-01-22"}
    best = visits.service.call("GET", "/v1/schedule/swaps/takers", params=asked).json()["takers"][0]["engineer"]
    with visits.tab("mei", has_scripts=way is not Way.WITHOUT_SCRIPTS) as tab:
        hands = Hands(tab.open("/board?from=2027-01-18"), way)
        hands.use(tab.page.locator(f'.grid a[href="{WEEKEND}"]').first)
        hands.use(tab.page.locator("a.choose").first)
        says(tab.page, "It keeps every rule of the published roster.")
        swap = tab.page.locator('form[action="/board/swap"]')
        hands.write(swap.get_by_label("Reason"), "a wedding")
        hands.button("Swap now")
        says(tab.page, "a wedding")
        assert hands.clicks <= 4
        assert holder(visits.service, saturday) == best
        tab.open(WEEKEND)
        says(tab.page, "Take the change back")
        undo = tab.page.locator('form[action="/board/undo"]')
        hands.write(undo.get_by_label("Reason"), "a mistake")
        hands.tick(undo.get_by_role("checkbox"))
        hands.use(undo.get_by_role("button"))
        expect(tab.page).to_have_url(re.compile("/board"))
        assert holder(visits.service, saturday) == "ana"


@ways
def test_an_engineer_acknowledges_a_ticket_replies_passes_it_on_and_resolves_it(visits: Visits, way: Way) -> None:
    name = f"T-{next(NUMBERS)}"
    posted(visits.service, ticket_body(name, impact="normal"), "/v1/tickets", by="zendesk")
    with visits.tab("ana", has_scripts=way is not Way.WITHOUT_SCRIPTS) as tab:
        hands = Hands(tab.open("/board"), way)
        hands.link(name, exact=True)
        hands.button("Acknowledge")
        says(tab.page, "taken by Ana Pereira")
        hands.write(tab.page.get_by_label("Words for the customer"), "We look at it.")
        hands.button("Record the reply")
        says(tab.page, "We look at it.")
        hands.unfold("Change the impact")
        change = tab.page.locator("form[action$=impact]")
        hands.choose(change.get_by_label("Impact"), "high")
        hands.button("Change the impact")
        says(tab.page, "impact high")
        passed = tab.page.locator("form[action$=pass]")
        hands.choose(passed.get_by_label("To"), "Ben Okafor")
        hands.write(passed.get_by_label("Reason"), "his customer")
        hands.button("Pass on")
        says(tab.page, "his customer")
        hands.button("Resolve")
        says(tab.page, "resolved")
    assert visits.service.ticket(name)["state"] == "resolved"


@ways
def test_a_customer_opens_a_ticket_reads_the_answer_and_says_that_it_got_worse_and_is_solved(
    visits: Visits, way: Way
) -> None:
    with visits.tab(has_scripts=way is not Way.WITHOUT_SCRIPTS) as tab:
        hands = Hands(tab.open(portal_link(visits.service)), way)
        hands.button("Sign in")
        for question, number in (("What is it?", 1), ("Who cannot", 2), ("Is there a way", 1), ("Is this mission", 1)):
            hands.answer(question, number)
        hands.write(tab.page.locator("#subject"), "Printing is slow")
        hands.write(tab.page.locator("#message"), f"Since noon, {way.value}.")
        hands.button("Show what we promise")
        says(tab.page, "What we promise")
        hands.button("Send the ticket")
        expect(tab.page).to_have_url(re.compile("/t/"))
        ticket = re.search(r"Ticket (\S+):", tab.page.locator("h1").inner_text())
        assert ticket is not None
        reply = {"kind": "replied", "by": "ana", "message": "Restart the printer, please."}
        posted(visits.service, reply, f"/v1/tickets/{ticket[1]}/events")
        if way is Way.WITHOUT_SCRIPTS:
            tab.page.get_by_role("link", name="Load this page again").click()
        says(tab.page, "Restart the printer, please.")
        typed = tab.page.get_by_label("Your message")
        hands.write(typed, "It still blinks.")
        if way is not Way.WITHOUT_SCRIPTS:
            posted(visits.service, {**reply, "message": "Any news?"}, f"/v1/tickets/{ticket[1]}/events")
            says(tab.page, "Any news?")
            expect(typed).to_have_value("It still blinks.")
        hands.button("Send")
        says(tab.page, "It still blinks.")
        hands.button("It got worse")
        says(tab.page, "Impact: high")
        hands.button("It is solved")
        says(tab.page, "Is it back?")


@ways
def test_a_manager_takes_over_a_shift_puts_an_engineer_on_call_and_takes_both_back(visits: Visits, way: Way) -> None:
    with visits.tab("mei", has_scripts=way is not Way.WITHOUT_SCRIPTS) as tab:
        hands = Hands(tab.open("/board"), way)
        hands.unfold("Take over from Ana Pereira now")
        cover = tab.page.locator('form[action="/board/cover"]').first
        hands.choose(cover.get_by_label("Who takes over"), "Elena Rossi")
        hands.write(cover.get_by_label("Reason"), "ana is ill")
        hands.tick(cover.get_by_role("checkbox"))
        hands.use(cover.get_by_role("button"))
        says(tab.page, "Elena Rossi is primary until")
        _take_back(hands, tab.page)
        says(tab.page, "Ana Pereira is primary until")
        hands.unfold("Override: put an engineer on call")
        override = tab.page.locator('form[action="/board/override"]')
        hands.choose(override.get_by_label("Engineer"), "Farid Haddad")
        _write_time(hands, override.get_by_label("From"), at("2027-01-12 20:00"))
        _write_time(hands, override.get_by_label("To"), at("2027-01-12 22:00"))
        hands.write(override.get_by_label("Reason"), f"a concert, {way.value}")
        hands.tick(override.get_by_role("checkbox"))
        hands.use(override.get_by_role("button"))
        says(tab.page, f"a concert, {way.value}")
        assert holder(visits.service, "2027-01-12T21:00:00-05:00") == "farid"
        _take_back(hands, tab.page)
    assert holder(visits.service, "2027-01-12T21:00:00-05:00") == "ana"
    assert holder(visits.service, "2027-01-09T07:00:00-05:00") == "ana"


@ways
def test_an_engineer_answers_a_swap_and_makes_a_calendar_link(visits: Visits, way: Way) -> None:
    swap = {"engineer": "ana", "day": "2027-01-27", "with": "chloe", "reason": "a fair", "force": True}
    code = posted(visits.service, swap, "/v1/schedule/swaps").json()["id"]
    with visits.tab("chloe", has_scripts=way is not Way.WITHOUT_SCRIPTS) as tab:
        hands = Hands(tab.open("/me"), way)
        hands.button(f"Decline {code}")
        says(tab.page, f"{code}, declined")
        hands.button("Make a calendar link")
        says(tab.page, "Subscribe to it in your calendar program.")


@ways
def test_a_manager_finds_why_an_engineer_got_a_shift_in_two_clicks(visits: Visits, way: Way) -> None:
    with visits.tab("mei", has_scripts=way is not Way.WITHOUT_SCRIPTS) as tab:
        hands = Hands(tab.open("/board/fairness"), way)
        hands.unfold("Ben Okafor")
        hands.link("why ")
        says(tab.page, "Who could take it")
        assert hands.clicks == 2


@ways
def test_a_reader_of_the_status_page_subscribes_by_mail(visits: Visits, way: Way) -> None:
    with visits.tab(has_scripts=way is not Way.WITHOUT_SCRIPTS) as tab:
        hands = Hands(tab.open("/status"), way)
        hands.write(tab.page.get_by_label("Mail address"), f"reader{next(NUMBERS)}@example.com")
        hands.use(tab.page.get_by_role("button", name="Subscribe", exact=True))
        expect(tab.page.locator("body")).to_contain_text("mail")
        expect(tab.page.locator("h1")).not_to_contain_text("status: ")


def _take_back(hands: Hands, page: Page) -> None:
    """Use the open form that takes the latest change back."""
    undo = page.locator('form[action="/board/undo"]').first
    hands.write(undo.get_by_label("Reason"), "a mistake")
    hands.tick(undo.get_by_role("checkbox"))
    hands.use(undo.get_by_role("button"))
    expect(page.locator("main")).to_contain_text("undo by Mei Lin")


def _write_time(hands: Hands, field: Locator, when: datetime) -> None:
    local = when.astimezone(NEW_YORK)
    if hands.way is not Way.KEYBOARD:
        hands.write(field, f"{local:%Y-%m-%dT%H:%M}")
        return
    hands.write(field, f"{local:%m%d%Y}")
    hands.page.keyboard.press("Tab")
    hands.page.keyboard.type(f"{local:%I%M%p}")


@ways
def test_a_manager_uploads_a_draft_compares_it_and_discards_it(visits: Visits, way: Way) -> None:
    body = publication_body()
    files = {"plan": ("plan.csv", body["plan"]), "roster": ("team.yaml", body["roster"])}
    with visits.tab("mei", has_scripts=way is not Way.WITHOUT_SCRIPTS) as tab:
        hands = Hands(tab.open("/board/drafts"), way)
        form = tab.page.locator('form[action="/board/drafts/upload"]')
        for field, (name, text) in files.items():
            # The window in which a file is chosen is the system's, not the page's.
            chosen: FilePayload = {"name": name, "mimeType": "text/plain", "buffer": str(text).encode()}
            form.locator(f'input[name="{field}"]').set_input_files(chosen)
        hands.button("Upload the plan")
        says(tab.page, "It keeps every rule of its roster")
        expect(tab.page.get_by_role("button", name="Publish", exact=True)).to_be_visible()
        hands.button("Discard this draft")
        expect(tab.page).to_have_url(re.compile("/board/drafts$"))
        says(tab.page, "There is no draft.")
