"""`YES CODE` and `NO CODE` answer a request to swap; unclear words change nothing and are told what to send."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from oncall.errors import Refused
from oncall.paging.actions.reply_answers import SmsAnswer
from oncall.paging.actions.swap_replies import swap_reply
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.rehearsal.memory_swaps import SwapBook
from oncall.schedule.swap_requests import SeatMove, SwapRequest
from oncall.schedule.versions import Person
from oncall.support.windows import Window, WindowKind

NOW = datetime(2027, 1, 4, 12, tzinfo=UTC)
MOVE = SeatMove(Window(NOW, NOW + timedelta(hours=12)), WindowKind.WEEKNIGHT, "primary", "ana", "ben")
REQUEST = SwapRequest("7K2F", "ana", "ben", (MOVE,), NOW, "ana", "a concert")
UNCLEAR = SmsAnswer("NOT answered. Reply YES 7K2F to accept or NO 7K2F to decline.")


def told(body: str, by: str = "ben") -> SmsAnswer | None:
    requests = SwapBook()
    requests.add_swap(REQUEST)
    requests.add_swap(replace(REQUEST, code="8XXA", other="cai"))
    person = Person(by, by.title(), "+13055550102", ZoneInfo("UTC"))
    context = ActionContext(by, NOW, NOW)
    return swap_reply(
        requests, person, body, context, lambda request, person, says_yes, _: f"{request.code} {person.id} {says_yes}"
    )


@pytest.mark.parametrize(
    "body", ["YES 7K2F", "yes 7k2f", "Yes, 7K2F please.", "7K2F yes", "YES7K2F", '"YES 7K2F"', "Sure, yes to 7k2f!"]
)
def test_yes_with_the_code_accepts(body: str) -> None:
    assert told(body) == SmsAnswer("7K2F ben True", parts=2, is_helpful=True)


@pytest.mark.parametrize("body", ["NO 7K2F", "no, sorry 7k2f", "7K2F: no thanks", "NO7K2F"])
def test_no_with_the_code_declines(body: str) -> None:
    assert told(body) == SmsAnswer("7K2F ben False", parts=2, is_helpful=True)


@pytest.mark.parametrize(
    "body", ["7K2F", "yes no 7K2F", "no problem 7K2F", "ACK 7K2F", "yes 7K2F 8XXA", "not sure, yes 7K2F maybe"]
)
def test_unclear_words_change_nothing(body: str) -> None:
    assert told(body) == UNCLEAR


@pytest.mark.parametrize(("body", "by"), [("YES 9XXA", "ben"), ("YES", "ben"), ("YES 7K2F", "dee"), ("ACK 7K2", "ben")])
def test_other_texts_are_not_about_a_request(body: str, by: str) -> None:
    assert told(body, by) is None


def test_a_refusal_is_told() -> None:
    def refused(request: SwapRequest, person: Person, says_yes: bool, context: ActionContext) -> str:
        raise Refused("the shift has begun")

    requests = SwapBook()
    requests.add_swap(REQUEST)
    person = Person("ben", "Ben", "+13055550102", ZoneInfo("UTC"))
    answer = swap_reply(requests, person, "YES 7K2F", ActionContext("ben", NOW, NOW), refused)
    assert answer == SmsAnswer("NOT swapped: the shift has begun.", parts=2)
