"""A service in the middle of its work: it has something of everything that a page can show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import httpx

from oncall.channels.mail_server import MailServer
from oncall.paging.ports.plan_drafts import DraftState
from oncall.paging.ports.store import Transaction
from oncall.planning.posted.plan_drafts import DraftContent, DraftOutcome, NewDraft, SearchAsked, end_search, keep_draft
from oncall.wiring.mail_settings import MailSettings
from tests.paging.world import SATURDAY_NIGHT, ticket_body
from tests.web.publications import publication_body
from tests.web.service import Service

CUSTOMERS = """
customers:
  - {name: Acme Ltd, plan: standard, contacts: ["Joe Doe <joe@acme.example>, +1 305 555 0199"]}
"""
POLICY = "\ncustomers: customers.yaml\nmail: {recipients: [help@itopia.example]}\n"
KEY = "k" * 32
HOSTILE = "<script>alert(1)</script> \u202etxt.exe \"'& " + "w" * 120
JOE = "joe"
"""The contact of Acme Ltd, who uses the portal."""
SCHEDULE = "/v1/schedule"


def rotating(start: datetime) -> Mapping[str, str]:
    """Return who is on call from an instant on: the whole team in turn, one night after the other."""
    team = ("ana", "ben", "chloe", "dmitri", "elena", "farid", "grace")
    turn = (start - SATURDAY_NIGHT).days
    return {"primary": team[turn % 7], "secondary": team[(turn + 3) % 7]}


def ana_and_ben(start: datetime) -> Mapping[str, str]:
    """Return who is on call from an instant on, with a hole on one night."""
    return {"primary": "ana", "secondary": "ben"} if start.day != 20 else {"secondary": "ben"}


@dataclass(frozen=True)
class Paths:
    """The pages of things that have ids of their own."""

    customer: str
    solved: str
    incident: str
    maintenance: str
    portal_link: str


def busy_service(folder: Path) -> Service:
    """Return a service at Saturday night, 03:12 in New York; mei is the manager, and Acme Ltd has a portal."""
    return Service(
        folder,
        seats=rotating,
        is_roster_published=True,
        policy_lines=POLICY,
        customers=CUSTOMERS,
        portal_secret=KEY,
        mail_out=MailSettings(server=MailServer("127.0.0.1", 9, is_tls=False), sender="oncall@itopia.example"),
    )


def fill(service: Service) -> Paths:
    """Give the service tickets in every state, changes of the schedule, and a status page with an outage."""
    _tickets(service)
    _changes(service)
    _drafts(service)
    incident, maintenance = _status(service)
    return Paths(
        _page_of(service, "T-TALK"), _page_of(service, "T-SOLVED"), incident, maintenance, portal_link(service)
    )


def posted(service: Service, body: object, path: str, *, by: str = "mei") -> httpx.Response:
    """Post to the API. The answer must be a success."""
    answer = service.post(body, by=by, path=path)
    assert answer.is_success, answer.text
    return answer


def _tickets(service: Service) -> None:
    bodies = (
        ticket_body("T-1042", plan="business-critical", customer="Globex"),
        ticket_body("T-1039", impact="high", plan="business-critical", subject="Printing is slow"),
        ticket_body("T-1040", impact="high", subject="Reports are late"),
        ticket_body("T-EVIL", impact="low", subject=HOSTILE, customer=HOSTILE),
        ticket_body("T-TALK", impact="normal", subject="Sign-in is slow for two of us"),
        ticket_body("T-SOLVED", impact="low", subject="A question about the bill"),
    )
    for body in bodies:
        posted(service, body, "/v1/tickets", by="zendesk")
    events = (
        ("T-1039", {"kind": "acknowledged", "by": "ben"}),
        ("T-TALK", {"kind": "acknowledged", "by": "ana"}),
        (
            "T-TALK",
            {"kind": "replied", "by": "ana", "message": "We look at it now.\nWhich office is it?", "why": "2nd"},
        ),
        ("T-TALK", {"kind": "customer_replied", "message": "Miami & Orlando", "why": "mail"}),
        ("T-SOLVED", {"kind": "resolved", "why": "answered"}),
    )
    for ticket, event in events:
        posted(service, event, f"/v1/tickets/{ticket}/events")


def _changes(service: Service) -> None:
    override = {
        "engineer": "elena",
        "role": "secondary",
        "from": "2027-01-12T19:01:00-05:00",
        "to": "2027-01-13T08:00:00-05:00",
        "reason": HOSTILE[:80],
        "force": True,
    }
    posted(service, override, f"{SCHEDULE}/overrides")
    holder = service.call("GET", "/v1/oncall", params={"at": "2027-01-20T20:00:00-05:00"}).json()
    primary = holder["roles"]["primary"]["engineer"]
    found = service.call("GET", f"{SCHEDULE}/swaps/takers", params={"engineer": primary, "day": "2027-01-20"}).json()
    swap = {"engineer": primary, "day": "2027-01-20", "with": found["takers"][0]["engineer"], "force": True}
    posted(service, swap | {"agreed": True, "reason": "a wedding"}, f"{SCHEDULE}/swaps")
    holder = service.call("GET", "/v1/oncall", params={"at": "2027-01-28T20:00:00-05:00"}).json()
    asking = holder["roles"]["primary"]["engineer"]
    posted(
        service,
        {"engineer": asking, "day": "2027-01-28", "with": "ana" if asking != "ana" else "ben", "force": True,
         "reason": "a concert"},
        f"{SCHEDULE}/swaps",
    )  # fmt: skip


def _drafts(service: Service) -> None:
    """Keep a draft that can be published, and one whose search found that no plan keeps the rules."""
    content = DraftContent(publication_body())
    search = DraftContent(content.publication, SearchAsked(date(2027, 4, 5), 13, 120))
    outcome = DraftOutcome(
        HOSTILE, ["rest_nights: nobody can be primary on Fri 2027-04-09"], [["rest_nights=0@2027-04-09"]]
    )
    ready = NewDraft("draft-ready", "cas-support", HOSTILE, content, "mei")
    stuck = NewDraft("draft-stuck", "cas-support", "13 weeks from 2027-04-05", search, "mei")

    def work(tx: Transaction) -> None:
        for new in (ready, stuck):
            keep_draft(tx, new, SATURDAY_NIGHT)
        draft = tx.plan_draft("draft-stuck")
        assert draft is not None
        end_search(tx, draft, outcome, DraftState.INFEASIBLE)

    service.store.write(work)


def _status(service: Service) -> tuple[str, str]:
    events = "/v1/status/events"
    outage = {
        "action": "open",
        "title": "Sign-in is slow",
        "message": HOSTILE.replace("\u202e", ""),
        "components": {"portal": "partial_outage"},
    }
    incident = posted(service, outage, events).json()["id"]
    posted(
        service, {"action": "update", "incident": incident, "message": "We know why.", "state": "identified"}, events
    )
    work = {
        "action": "announce",
        "title": "Upgrade of the API",
        "message": "The API is away for an hour.",
        "components": ["api"],
        "start": "2027-01-14T04:00:00Z",
        "end": "2027-01-14T05:00:00Z",
    }
    maintenance = posted(service, work, events).json()["id"]
    return f"/status/incidents/{incident}", f"/status/incidents/{maintenance}"


def _page_of(service: Service, ticket: str) -> str:
    return str(httpx.URL(posted(service, {}, f"/v1/tickets/{ticket}/links").json()["url"]).path)


def portal_link(service: Service) -> str:
    """Return the path of a new link that signs the contact of Acme Ltd in to the portal."""
    answer = posted(service, {"contact": "joe@acme.example"}, "/v1/portal/links")
    return str(httpx.URL(answer.json()["url"]).path)
