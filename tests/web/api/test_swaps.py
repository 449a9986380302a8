"""Swaps and absences through the service: by API, by SMS, and from a terminal with a server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Oncall, oncall  # noqa: F401
from tests.web.service import Service, problem

SWAPS, ABSENCES = "/v1/schedule/swaps", "/v1/schedule/absences"
TUESDAY, EVENING = "2027-01-12", "2027-01-12T20:00:00-05:00"
CHLOE = "+13055550103"


@pytest.fixture
def swapping(tmp_path: Path) -> Iterator[Service]:
    """A service with a published roster: ana is primary and ben secondary on every shift; it is Saturday night."""
    with Service(tmp_path, is_roster_published=True) as running:
        yield running


def primary(service: Service, at: str = EVENING) -> str:
    roles = service.call("GET", "/v1/oncall", params={"at": at}).json()["roles"]
    return str(roles["primary"]["engineer"])


def asked(service: Service, by: str = "ana", **more: Any) -> dict[str, Any]:
    answer = service.post({"engineer": "ana", "day": TUESDAY, "with": "chloe", **more}, by=by, path=SWAPS)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def texts(service: Service) -> list[tuple[str, str]]:
    return [(message.to, message.body) for message in service.twilio.messages]


def test_a_request_is_texted_and_answered_by_text(swapping: Service) -> None:
    code = asked(swapping)["id"]
    swapping.until(lambda: len(swapping.twilio.messages) == 1)
    words = f"Reply YES {code} to take primary Tue 12 Jan 19:01-08:00 EST from Ana Pereira; or NO {code}."
    assert texts(swapping) == [(CHLOE, words)]
    url = f"{swapping.address}/webhooks/twilio/sms"
    told = swapping.twilio.inbound(CHLOE, f"yes {code.lower()}", url)
    assert told == f"Swap {code} is made: Chloe Martin is primary Tue 12 Jan 19:01-08:00 EST."
    assert primary(swapping) == "chloe"
    again = swapping.twilio.inbound(CHLOE, f"YES {code}", url)
    assert again is not None
    assert again.startswith(f"NOT swapped: swap {code} was accepted already on Sat 2027-01-09 03:12 EST by chloe")
    swapping.until(lambda: len(swapping.twilio.messages) == 2)
    assert texts(swapping)[1][1] == (
        f"No action needed: Chloe Martin takes primary Tue 12 Jan 19:01-08:00 EST ({code})."
    )


def test_no_by_text_declines(swapping: Service) -> None:
    code = asked(swapping)["id"]
    url = f"{swapping.address}/webhooks/twilio/sms"
    assert swapping.twilio.inbound(CHLOE, f"NO {code}", url) == f"Swap {code} is declined. Nothing changes."
    (listed,) = swapping.call("GET", SWAPS).json()["swaps"]
    assert (listed["id"], listed["state"], listed["answered_by"]) == (code, "declined", "chloe")
    assert primary(swapping) == "ana"


def test_an_engineer_asks_and_a_manager_decides(swapping: Service) -> None:
    agreed = {"engineer": "ana", "day": TUESDAY, "with": "chloe", "agreed": True}
    words = "this token asks chloe for the swap; only a manager makes it at once"
    problem(swapping.post(agreed, by="ana", path=SWAPS), 403, words)
    code = asked(swapping)["id"]
    refused = swapping.post({}, by="ana", path=f"{SWAPS}/{code}/accept")
    problem(refused, 422, f"swap {code} asks chloe, not ana; chloe or a manager decides")
    accepted = swapping.post({}, by="mei", path=f"{SWAPS}/{code}/accept").json()
    assert (accepted["state"], accepted["version"], primary(swapping)) == ("accepted", 2, "chloe")
    problem(
        swapping.post({}, path=f"{SWAPS}/9ZZZ/accept", by="mei"),
        404,
        'there is no swap "9ZZZ"; `oncall swaps` lists them',
    )


def test_a_change_by_an_old_schedule_is_refused(swapping: Service) -> None:
    body = {"engineer": "ana", "day": TUESDAY, "with": "chloe", "agreed": True}
    late = swapping.call("POST", SWAPS, json=body, headers={"If-Match": '"7"'})
    assert late.status_code == 412
    assert swapping.call("POST", SWAPS, json=body, headers={"If-Match": '"1"'}).status_code == 201


def test_every_wrong_field_is_named(swapping: Service) -> None:
    wrong = swapping.post({"engineer": 7, "day": "soon", "agreed": "yes"}, by="mei", path=SWAPS).json()
    assert [fault["field"] for fault in wrong["errors"]] == ["engineer", "with", "day", "agreed"]
    wrong = swapping.post({"engineer": "ana", "from": "2027-01-12", "to": "x"}, by="mei", path=ABSENCES).json()
    assert [fault["field"] for fault in wrong["errors"]] == ["reason", "to"]
    query = swapping.call("GET", f"{SWAPS}/takers?engineer=ana&day=soon").json()
    assert [fault["field"] for fault in query["errors"]] == ["day"]


def test_the_terminal_swaps_through_the_server(
    swapping: Service,
    monkeypatch: pytest.MonkeyPatch,
    oncall: Oncall,  # noqa: F811
) -> None:
    monkeypatch.setenv("ONCALL_SERVER", swapping.address)
    monkeypatch.setenv("ONCALL_TOKEN", "mei")

    def said(*arguments: str) -> Any:
        """The answer of a command; the service in this process logs to the same stream."""
        ran = oncall(*arguments, "--json")
        assert ran.code == 0, ran.err
        return json.loads(ran.out[ran.out.index("{\n") :])

    assert said("swap", "ana", TUESDAY)["takers"][0]["legal"] is True
    code = said("swap", "ana", TUESDAY, "--with", "chloe")["id"]
    assert said("accept", code)["state"] == "accepted"
    assert primary(swapping) == "chloe"
    away = said("away", "ana", "--from", "2027-01-20", "--to", "2027-01-20", "--reason", "ill", "--agreed")
    assert away["changes"] == 2
    assert primary(swapping, "2027-01-20T20:00:00-05:00") != "ana"
    assert [each["state"] for each in said("swaps")["swaps"]] == ["accepted"]
    refused = oncall("withdraw", code)
    assert (refused.code, refused.err[:30]) == (1, f"oncall: swap {code} was accepted"[:30])
    assert oncall("swaps", "--by", "x").code == 2
    other = oncall("accept", code, "--by", "ana")
    assert (
        other.err == "oncall: --by: on a server the author is the token's; leave --by out, or log in as that person\n"
    )
