"""The client against the running service, and its retries against answers that a test chooses."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import UnionType
from typing import Any, NotRequired, get_args, get_origin, get_type_hints

import httpx
import pytest

import oncall.client.answers as answers
from oncall.client import AsyncClient, Client, Retries, ServerSilent, Unusable
from tests.web.service import Service

DOCUMENT = json.loads((Path(__file__).parents[2] / "docs" / "openapi.json").read_text(encoding="utf-8"))
TICKET: answers.NewTicket = {
    "id": "C-1",
    "customer": "Acme Ltd",
    "plan": "standard",
    "impact": "low",
    "subject": "A word is misspelt",
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("client")) as running:
        yield running


def test_a_program_posts_a_ticket_and_follows_it(service: Service) -> None:
    with Client(service.address, "mei") as oncall:
        first = oncall.post_ticket(TICKET)
        assert (first["verdict"]["action"], oncall.post_ticket(TICKET)) == ("hold", first)
        noted = oncall.record_event("C-1", "acknowledged", by="ana")
        assert (noted["state"], noted["changed"]) == ("acknowledged", True)
        assert oncall.record_event("C-1", "resolved", by="ana", id="e-1")["changed"] is True
        assert oncall.record_event("C-1", "resolved", by="ana", id="e-1")["changed"] is False
        whole = oncall.ticket("C-1")
        assert (whole["state"], whole["owner"], whole["events"][-1]["kind"]) == ("resolved", "ana", "resolved")


def test_a_listing_of_several_pages_is_one_list(service: Service) -> None:
    with Client(service.address, "mei") as oncall:
        for number in range(5):
            oncall.post_ticket({**TICKET, "id": f"L-{number}", "customer": "Listed Ltd"})
        found = [one["id"] for one in oncall.tickets(states=["open"], customer="Listed Ltd", page=2)]
        assert found == [f"L-{number}" for number in (4, 3, 2, 1, 0)]
        assert list(oncall.tickets(states=["acknowledged"])) == []


def test_a_program_asks_who_is_on_call_and_what_a_ticket_would_cause(service: Service) -> None:
    saturday = datetime(2027, 1, 9, 8, 12, tzinfo=UTC)
    with Client(f"{service.address}/", "ana") as oncall:
        assert oncall.oncall(saturday)["roles"]["primary"]["engineer"] == "ana"
        shifts = oncall.schedule(saturday, datetime(2027, 1, 10, tzinfo=UTC), engineer="ben")["shifts"]
        assert {shift["engineer"] for shift in shifts} == {"ben"}
        assert oncall.explain("standard", "urgent", saturday)["action"] == "page"


def test_asyncio_has_the_same_methods(service: Service) -> None:
    async def run() -> list[str]:
        async with AsyncClient(service.address, "mei") as oncall:
            for number in range(3):
                await oncall.post_ticket({**TICKET, "id": f"A-{number}", "customer": "Async Ltd"})
            await oncall.record_event("A-1", "replied", by="ana", why="done")
            assert (await oncall.oncall())["roles"]
            assert (await oncall.ticket("A-1"))["id"] == "A-1"
            assert (await oncall.explain("standard", "urgent"))["steps"]
            assert (await oncall.schedule())["shifts"]
            return [one["id"] async for one in oncall.tickets(customer="Async Ltd", page=2)]

    assert asyncio.run(run()) == ["A-2", "A-1", "A-0"]
    public = [name for name in vars(Client) if not name.startswith("_")]
    assert public == [name for name in vars(AsyncClient) if not name.startswith("_")]


def test_a_refusal_says_why_and_names_the_fields(service: Service) -> None:
    with Client(service.address, "mei") as oncall:
        with pytest.raises(Unusable) as refused:
            oncall.post_ticket({"id": "C-9"})
        assert refused.value.status == 422
        assert {each["field"] for each in refused.value.fields} >= {"plan"}
    with (
        Client(service.address, "nobody") as stranger,
        pytest.raises(Unusable, match=r"^HTTP 401: this token is not kn"),
    ):
        stranger.oncall()


# Retries.

Answers = Callable[[httpx.Request], httpx.Response]


class Scripted:
    """A client on answers in a row; it keeps the requests and the pauses."""

    def __init__(self, *script: httpx.Response | Exception, retries: Retries | None = None) -> None:
        self.requests: list[httpx.Request] = []
        self.pauses: list[float] = []
        self._script = list(script)
        self.client = Client(
            "https://oncall.example.com",
            "tok-en",
            retries=retries or Retries(draw=lambda: 0.5),
            transport=httpx.MockTransport(self._answer),
            pause=self.pauses.append,
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


DONE = {"ticket": "C-1", "verdict": {"action": "hold", "reasons": [], "first_reply_due": None}}


def good() -> httpx.Response:
    return httpx.Response(202, json=DONE)


def test_an_overloaded_server_is_asked_again_when_it_says() -> None:
    busy = httpx.Response(503, headers={"retry-after": "7"}, json={"detail": "too busy"})
    rig = Scripted(busy, httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), good())
    assert rig.client.post_ticket(TICKET) == DONE
    assert rig.pauses == [7.0, 1.0, 2.0]


def test_an_event_that_is_sent_again_has_the_same_id() -> None:
    receipt = {"id": "C-1", "state": "open", "changed": True, "message": "noted"}
    rig = Scripted(httpx.ReadError("cut"), httpx.Response(200, json=receipt))
    rig.client.record_event("C-1", "updated", by="ana")
    ids = [json.loads(request.content)["id"] for request in rig.requests]
    assert len(ids) == 2
    assert ids[0] == ids[1]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 500])
def test_a_refusal_is_not_asked_again(status: int) -> None:
    rig = Scripted(httpx.Response(status, json={"detail": "no"}))
    with pytest.raises(Unusable, match=f"^HTTP {status}: no$"):
        rig.client.oncall()
    assert rig.pauses == []


def test_after_the_last_retry_the_caller_learns_whether_it_may_have_happened() -> None:
    rig = Scripted(*(httpx.ReadTimeout("slow") for _ in range(3)), retries=Retries(most=2, draw=lambda: 0.5))
    with pytest.raises(ServerSilent) as silent:
        rig.client.post_ticket(TICKET)
    words = "the server gave no answer (ReadTimeout): it may have done what was asked; asking again is safe"
    assert (str(silent.value), silent.value.may_have_happened, rig.pauses) == (words, True, [0.5, 1.0])
    rig = Scripted(httpx.ConnectError("refused"), retries=Retries(most=0))
    with pytest.raises(ServerSilent, match=r"^the server cannot be reached$"):
        rig.client.post_ticket(TICKET)


def test_a_wait_beyond_the_longest_pause_is_left_to_the_caller() -> None:
    rig = Scripted(httpx.Response(503, headers={"retry-after": "3600"}, json={"detail": "in an hour"}))
    with pytest.raises(Unusable, match=r"^HTTP 503: in an hour$"):
        rig.client.oncall()


def test_an_answer_that_is_no_json_is_refused() -> None:
    rig = Scripted(httpx.Response(200, text="<html>"), httpx.Response(418, text="tea"))
    for status in (200, 418):
        with pytest.raises(Unusable, match=f"^HTTP {status}: the answer is not one of an oncall server$"):
            rig.client.oncall()


def test_an_address_and_a_time_that_cannot_be_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match=r'^the server is not an address; write "https://oncall.example.com"$'):
        Client("oncall.example.com", "x")
    with pytest.raises(ValueError, match=r"^2027-01-09T00:00:00 has no time zone"):
        Scripted().client.oncall(datetime(2027, 1, 9))  # noqa: DTZ001 - the fault that is tested


# The types against the document.

SCHEMAS = {
    answers.NewTicket: "TicketBody",
    answers.TicketAnswer: "TicketAnswer",
    answers.Verdict: "VerdictView",
    answers.Page: "PageView",
    answers.PostedTicket: "PostedTicketView",
    answers.Clock: "ClockView",
    answers.Ticket: "TicketView",
    answers.Event: "EventView",
    answers.Mail: "MailView",
    answers.Attempt: "AttemptView",
    answers.WholeTicket: "WholeTicketView",
    answers.EventReceipt: "EventReceipt",
    answers.Assignment: "LocalAssignmentView",
    answers.Gap: "GapView",
    answers.Schedule: "ScheduleView",
    answers.Step: "StepView",
    answers.Explanation: "ExplainAnswer",
    answers.TicketPage: "TicketListView",
    answers.OnCall: "OnCallView",
}


@pytest.mark.parametrize("kind", SCHEMAS, ids=lambda kind: kind.__name__)
def test_each_type_has_the_fields_of_the_document(kind: type) -> None:
    schema = DOCUMENT["components"]["schemas"][SCHEMAS[kind]]
    hints = get_type_hints(kind, include_extras=True)
    required = {name for name, hint in hints.items() if get_origin(hint) is not NotRequired}
    assert required == set(schema["required"])
    assert set(hints) == set(schema["properties"])
    for name, hint in hints.items():
        # A ticket is taken with values that cannot be used; the server leaves them out.
        is_lenient = kind is answers.NewTicket
        assert is_lenient or _may_be_null(hint) == _null_in(schema["properties"][name]), name


def _may_be_null(hint: Any) -> bool:
    inside = get_args(hint)[0] if get_origin(hint) is NotRequired else hint
    return isinstance(inside, UnionType) and type(None) in get_args(inside)


def _null_in(schema: dict[str, Any]) -> bool:
    return any(each.get("type") == "null" for each in schema.get("anyOf", ()))


def test_the_kinds_of_events_are_those_of_the_document() -> None:
    assert (
        list(get_args(answers.EventKind))
        == DOCUMENT["components"]["schemas"]["EventBody"]["properties"]["kind"]["enum"]
    )


def test_the_client_needs_nothing_else_of_oncall() -> None:
    code = "import sys, oncall.client; print(*sorted(m for m in sys.modules if m.startswith('oncall')))"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert [name for name in loaded if name != "oncall" and not name.startswith("oncall.client")] == []
