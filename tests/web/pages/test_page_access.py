"""Who may see each page and send each form: one test for every cell of the table."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import httpx
import pytest

from oncall.paging.ports.plan_drafts import DraftState, PlanDraft
from tests.paging.world import SATURDAY_NIGHT, ticket_body
from tests.web.browser import Browser
from tests.web.pages.customers.portal_forms import BROKEN, CUSTOMERS, POLICY, TEXTS, enter, tickets
from tests.web.publications import publication_body
from tests.web.service import Service

NUMBERS = count()
DRAFT = PlanDraft("draft-one", "cas-support", DraftState.INFEASIBLE, "mei", SATURDAY_NIGHT, SATURDAY_NIGHT, "a draft")


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Saturday night, with one urgent ticket."""
    folder = tmp_path_factory.mktemp("access")
    with Service(folder, is_roster_published=True, policy_lines=POLICY, customers=CUSTOMERS) as service:
        assert service.post(ticket_body("T-FIRST")).status_code == 202
        service.store.write(lambda tx: tx.add_plan_draft(DRAFT, "{}"))
        yield service


SHIFT = "/board/shifts/2027-03-06T00:01:00Z/primary"
PAGES = [
    "/board",
    "/board?weeks=13",
    "/board/fairness",
    "/board/fairness.csv",
    "/board/status",
    "/board/events",
    "/board/live",
    SHIFT,
    f"{SHIFT}?with=chloe",
    "/me",
    "/board/tickets/T-FIRST",
    "/board/tickets/T-FIRST/events",
]
MANAGERS_PAGES = ["/board/drafts", "/board/drafts/draft-one", "/board/drafts/draft-one/events"]
UPLOADS = ["/board/drafts/upload", "/board/drafts/make"]
MANAGERS_ACTIONS = [*UPLOADS, *(f"/board/drafts/draft-one/{name}" for name in ("publish", "discard", "again"))]
ACTIONS = [
    *MANAGERS_ACTIONS,
    "/board/tickets/T-FIRST/acknowledge",
    "/board/tickets/T-FIRST/pass",
    "/board/tickets/T-FIRST/resolve",
    "/board/tickets/T-FIRST/reply",
    "/board/tickets/T-FIRST/impact",
    "/board/tickets/T-FIRST/merge",
    "/board/cover",
    "/board/override",
    "/board/undo",
    "/board/swap",
    "/board/swap/ask",
    "/board/status/preview",
    "/board/status/publish",
    "/me/calendar",
    "/me/calendar/revoke",
    "/me/reminders",
    "/me/drill",
    "/me/swaps/AB2/accept",
    "/me/swaps/AB2/decline",
    "/me/swaps/AB2/withdraw",
    "/logout",
]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("person", [None, "ana", "mei"])
def test_each_page_for_a_visitor_an_engineer_and_a_manager(board: Service, person: str | None, path: str) -> None:
    with Browser(board) as browser:
        if person is None:
            answer = browser.get(path)
            assert (answer.status_code, answer.headers["location"][:12]) == (303, "/login?next=")
            return
        browser.sign_in(person)
        # A stream has no end, so only the head of its answer is read.
        with browser.http.stream("GET", path) as answer:
            assert answer.status_code == 200


@pytest.mark.parametrize("path", MANAGERS_PAGES)
@pytest.mark.parametrize(("person", "status"), [(None, 303), ("ana", 403), ("mei", 200)])
def test_each_page_of_drafts_is_a_manager_s_alone(board: Service, person: str | None, status: int, path: str) -> None:
    with Browser(board) as browser:
        if person is not None:
            browser.sign_in(person)
        # A stream has no end, so only the head of its answer is read.
        with browser.http.stream("GET", path) as answer:
            assert answer.status_code == status
            if status == 403:
                assert b"only a manager drafts and publishes plans" in answer.read()


@pytest.mark.parametrize("path", MANAGERS_ACTIONS)
def test_an_engineer_sends_no_form_of_a_draft(board: Service, path: str) -> None:
    with Browser(board) as browser:
        browser.sign_in("ana")
        token = browser.form("/board", "/logout")["form_token"]
        answer = browser.send(path, {"form_token": token, "reason": "x", "version": "1"}, is_upload=path in UPLOADS)
        assert (answer.status_code, "only a manager drafts and publishes plans" in answer.text) == (403, True)


def test_a_manager_uploads_publishes_and_discards_a_draft(board: Service) -> None:
    body = publication_body()
    files = {"plan": ("plan.csv", str(body["plan"])), "roster": ("team.yaml", str(body["roster"]))}
    with Browser(board) as browser:
        browser.sign_in("mei")
        path = browser.upload("/board/drafts", "/board/drafts/upload", files).headers["location"]
        # A plan on another schedule than the page shows is refused, but not for the manager's role.
        shown = {**browser.form(path, f"{path}/publish"), "version": "0", "reason": "x"}
        assert browser.send(f"{path}/publish", shown).status_code == 412
        assert browser.fill(path, f"{path}/discard").status_code == 303


@pytest.mark.parametrize("path", ACTIONS)
def test_no_action_for_a_visitor_or_with_a_forged_form(board: Service, path: str) -> None:
    with Browser(board) as browser:
        is_upload = path in UPLOADS
        answer = browser.send(path, {"to": "ana"}, is_upload=is_upload)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Fboard")
        browser.sign_in("mei")
        token = browser.form("/board", "/logout")["form_token"]
        foreign = browser.http.post(path, data={"form_token": token}, headers={"Sec-Fetch-Site": "cross-site"})
        assert (foreign.status_code, "this form was not sent from a page" in foreign.text) == (403, True)
        assert browser.send(path, {"why": "x"}, is_upload=is_upload).status_code == 403
        with Browser(board) as other:
            other.sign_in("ana")
            assert other.send(path, {"form_token": token}, is_upload=is_upload).status_code == 403
        # A bearer token opens no page: only a session does.
        bearer = browser.http.post(
            path, headers={"Authorization": "Bearer mei", "Sec-Fetch-Site": "same-origin", "Cookie": ""}
        )
        assert bearer.status_code in (303, 403)
    assert board.ticket("T-FIRST")["state"] == "open"


@pytest.mark.parametrize("action", ["acknowledge", "pass", "resolve", "reply", "impact", "merge"])
@pytest.mark.parametrize("person", ["ana", "mei"])
def test_an_engineer_and_a_manager_act_on_a_ticket_in_their_own_name(board: Service, person: str, action: str) -> None:
    name = f"C-{next(NUMBERS)}"
    assert board.post(ticket_body(name, impact="low")).status_code == 202
    path = f"/board/tickets/{name}"
    more = {"into": "T-FIRST"} if action == "merge" else {}
    with Browser(board) as browser:
        browser.sign_in(person)
        # A form cannot say that another person acted.
        answer = browser.fill(path, f"{path}/{action}", by="ben", why="a reason", **more)
        assert answer.status_code == 303, answer.text
    last = [each for each in board.ticket(name)["events"] if each["by"] in ("ana", "ben", "mei")]
    assert [each["by"] for each in last] == [person]


@pytest.mark.parametrize(
    ("person", "engineer", "allowed"),
    [("chloe", "chloe", True), ("chloe", "elena", False), ("mei", "chloe", True), ("mei", "elena", True)],
)
def test_an_engineer_overrides_for_themselves_and_a_manager_for_all(
    board: Service, person: str, engineer: str, allowed: bool
) -> None:
    with Browser(board) as browser:
        browser.sign_in(person)
        day = f"2027-02-{1 + next(NUMBERS):02d}"
        hours = {"from": f"{day}T20:00", "to": f"{day}T22:00"}
        values = {**hours, "engineer": engineer, "role": "secondary", "reason": "a favour", "force": "yes"}
        answer = browser.fill("/board", "/board/override", **values)
        assert (answer.status_code == 303) is allowed, answer.text
        assert allowed or answer.status_code == 403


@pytest.mark.parametrize(
    ("person", "by", "status"), [("chloe", "chloe", 303), ("chloe", "ben", 403), ("mei", "elena", 303)]
)
def test_an_engineer_takes_over_themselves_and_a_manager_names_anyone(
    board: Service, person: str, by: str, status: int
) -> None:
    with Browser(board) as browser:
        browser.sign_in(person)
        holder = board.call("GET", "/v1/oncall").json()["roles"]["primary"]["engineer"]
        values = {"engineer": holder if holder != by else "ben", "by": by, "reason": "ill", "force": "yes"}
        assert browser.fill("/board", "/board/cover", **values).status_code == status


@pytest.mark.parametrize(
    ("person", "action", "status"),
    [
        ("ana", "/board/swap", 403),
        ("chloe", "/board/swap", 403),
        ("chloe", "/board/swap/ask", 403),
        ("ana", "/board/swap/ask", 303),
        ("mei", "/board/swap/ask", 303),
        ("mei", "/board/swap", 303),
    ],
)
def test_an_engineer_asks_for_their_own_shifts_and_a_manager_swaps_all(
    board: Service, person: str, action: str, status: int
) -> None:
    with Browser(board) as browser, Browser(board) as manager:
        browser.sign_in(person)
        manager.sign_in("mei")
        form = manager.form(f"{SHIFT}?with={'dmitri' if person == 'mei' else 'chloe'}", action)
        form |= {"form_token": browser.form("/board", "/logout")["form_token"], "reason": "x", "force": "yes"}
        answer = browser.send(action, form)
        assert answer.status_code == status, answer.text


@pytest.mark.parametrize("person", ["ana", "mei"])
def test_an_engineer_and_a_manager_link_their_own_calendar_try_their_phone_and_sign_out(
    board: Service, person: str
) -> None:
    with Browser(board) as browser:
        browser.sign_in(person)
        assert browser.fill("/me", "/me/calendar").status_code == 200
        assert browser.fill("/me", "/me/calendar/revoke").status_code == 303
        assert browser.fill("/me", "/me/reminders").status_code == 303
        assert browser.fill("/me", "/me/drill").status_code == 200
        assert browser.fill("/me", "/logout").status_code == 303
        assert browser.get("/me").status_code == 303


@pytest.mark.parametrize("person", ["ana", "mei"])
def test_an_engineer_and_a_manager_write_on_the_status_page_in_their_own_name(board: Service, person: str) -> None:
    with Browser(board) as browser:
        browser.sign_in(person)
        token = browser.form("/board", "/logout")["form_token"]
        form = {
            "form_token": token,
            "action": "open",
            "title": f"By {person}",
            "by": "ben",
            "component.api": "operational",
        }
        assert browser.send("/board/status/preview", form).status_code == 200
        sent = form | {"new_id": f"{next(NUMBERS):012x}", "seen": "0"}
        assert browser.send("/board/status/publish", sent).status_code == 303
    incident = board.call("GET", "/v1/status").json()["incidents"][0]
    assert (incident["title"], [each["by"] for each in incident["updates"]]) == (f"By {person}", [person])


@pytest.mark.parametrize(("person", "status"), [("ana", 422), ("mei", 303)])
def test_only_a_manager_writes_about_the_past_of_the_status_page(board: Service, person: str, status: int) -> None:
    with Browser(board) as browser:
        browser.sign_in(person)
        token = browser.form("/board", "/logout")["form_token"]
        form = {"form_token": token, "action": "open", "title": "Earlier", "at": "2027-01-09T01:00"}
        sent = form | {"new_id": f"{next(NUMBERS):012x}", "seen": "0"}
        assert browser.send("/board/status/publish", sent).status_code == status


def new_secret(board: Service, ticket: str = "T-FIRST") -> str:
    """Return the path of a new link to a customer's page."""
    answer = board.call("POST", f"/v1/tickets/{ticket}/links", by="mei")
    assert answer.status_code == 201, answer.text
    return str(httpx.URL(answer.json()["url"]).path)


def come_as(browser: Browser, person: str | None) -> None:
    if person == "joe":
        enter(browser)
    elif person is not None:
        browser.sign_in(person)


EVERYONE = [None, "joe", "ana", "mei"]
"""A visitor, a customer's contact, an engineer, the manager."""


@pytest.fixture(scope="module")
def joe(board: Service) -> Iterator[Browser]:
    """A customer's contact, who is signed in to the portal."""
    with Browser(board) as browser:
        enter(browser)
        yield browser


@pytest.mark.parametrize("path", [*PAGES, *MANAGERS_PAGES])
def test_no_page_of_ours_for_a_customer(joe: Browser, path: str) -> None:
    answer = joe.get(path)
    assert (answer.status_code, answer.headers["location"][:12]) == (303, "/login?next=")


@pytest.mark.parametrize("path", ACTIONS)
def test_no_action_of_ours_for_a_customer(joe: Browser, path: str) -> None:
    answer = joe.send(path, {"form_token": "x" * 64, "to": "ana"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Fboard")
    assert joe.service.ticket("T-FIRST")["state"] == "open"


@pytest.mark.parametrize("person", EVERYONE)
def test_the_portals_form_is_for_contacts_alone(board: Service, person: str | None) -> None:
    """An engineer and a manager sign in to the board, and write for no customer."""
    with Browser(board) as browser:
        come_as(browser, person)
        page, before = browser.get("/portal"), tickets(board).keys()
        assert (page.status_code, "New ticket" in page.text) == (200, person == "joe")
        answer = browser.send("/portal/tickets", {**BROKEN, **TEXTS, "id": "0" * 16, "promised": "urgent"})
        assert (answer.status_code, "Your sign-in has ended" in answer.text) == (200, person != "joe")
        assert tickets(board).keys() == before
        assert browser.send("/portal/mail", {"contact": "joe@acme.example"}).status_code == 503
        assert browser.send("/portal/link", {"link": "x"}).status_code == 403


@pytest.mark.parametrize("person", EVERYONE)
def test_a_customers_page_opens_by_its_secret_and_by_nothing_else(board: Service, person: str | None) -> None:
    with Browser(board) as browser:
        come_as(browser, person)
        name = f"S-{next(NUMBERS)}"
        assert board.post(ticket_body(name, impact="low", customer="Globex")).status_code == 202
        path = new_secret(board, name)
        for wrong in (f"/t/{name}", path[:-1], "/t/x"):
            assert browser.get(wrong).status_code == browser.get(f"{wrong}/events").status_code == 404
            for act in ("message", "worse", "solved"):
                assert browser.send(f"{wrong}/{act}", {"id": "0" * 16, "message": "x"}).status_code == 404
        assert board.ticket(name)["state"] == "open"
        assert browser.get(path).status_code == 200
        with browser.http.stream("GET", f"{path}/events") as answer:
            assert answer.status_code == 200
        assert browser.fill(path, f"{path}/message", message="x").status_code == 303
        assert browser.fill(path, f"{path}/worse").status_code == 303
        assert browser.fill(path, f"{path}/solved").status_code == 303
        assert board.ticket(name)["state"] == "resolved"


def test_a_customer_never_sees_another_customers_ticket(board: Service) -> None:
    for name, customer in (("A-1", "Acme Ltd"), ("G-1", "Globex")):
        assert board.post(ticket_body(name, impact="low", customer=customer)).status_code == 202
    secret = new_secret(board, "A-1")
    refused = board.post({"kind": "merged", "into": "A-1"}, by="mei", path="/v1/tickets/G-1/events")
    assert refused.status_code == 422, refused.text
    with Browser(board) as browser:
        enter(browser)
        shown = browser.get("/portal").text + browser.get(secret).text
        assert "A-1" in shown
        assert "G-1" not in shown
        assert "Globex" not in shown
