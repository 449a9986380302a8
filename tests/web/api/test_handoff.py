"""The handoff to the next shift over HTTP."""

from __future__ import annotations

import pytest

from tests.paging.world import ticket_body
from tests.web.service import Service, problem


def test_the_running_shift_lists_what_the_next_one_should_know(service: Service) -> None:
    service.post(ticket_body())
    service.post(ticket_body("T-2", impact="high"))
    service.post({"text": "  the vendor calls back at nine "}, by="ana", path="/v1/handoff/notes")
    service.until(lambda: bool(service.call("GET", "/v1/handoff").json()["paged"]))
    view = service.call("GET", "/v1/handoff", by="ana").json()
    assert (view["began_at"], view["ends_at"]) == ("2027-01-08T19:01:00-05:00", "2027-01-11T08:00:00-05:00")
    assert (view["to"], view["people"]) == ("desk", [])
    (ticket,) = view["open"]
    assert (ticket["id"], ticket["owner"], ticket["clock"]["metric"]) == ("T-1", None, "first_reply")
    assert {page["to"] for page in view["paged"]} == {"ana"}
    assert [(note["by"], note["text"]) for note in view["notes"]] == [("ana", "the vendor calls back at nine")]


def test_the_last_shift_is_the_one_before_the_latest_handoff(quiet: Service) -> None:
    view = quiet.call("GET", "/v1/handoff?last=true").json()
    assert (view["began_at"], view["ends_at"]) == ("2027-01-08T08:00:00-05:00", "2027-01-08T19:01:00-05:00")
    assert (view["to"], view["people"]) == ("ana", ["ana", "ben"])


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({}, "text: write what the next shift should know"),
        ({"text": "   "}, "text: write what the next shift should know"),
        ({"text": 7}, "text: write what the next shift should know"),
        ({"text": "x" * 501}, "text: has 501 characters; 500 at most"),
        ({"text": "a\nb"}, "text: holds a line break or another control character; write it on one line"),
        ({"text": "bell\u0007"}, "text: holds a line break or another control character; write it on one line"),
        (
            {"text": "x", "by": "+13055550101"},
            "by: is not an id or a name of 1 to 60 letters, and never a phone number",
        ),
        ([], 'note: a JSON object is needed, like {"text": "watch T-1001"}'),
    ],
)
def test_a_note_that_cannot_be_kept_says_why(quiet: Service, body: object, detail: str) -> None:
    problem(quiet.post(body, by="mei", path="/v1/handoff/notes"), 422, detail)
    assert quiet.call("GET", "/v1/handoff").json()["notes"] == []


def test_what_is_no_answer_to_last_is_refused(quiet: Service) -> None:
    problem(quiet.call("GET", "/v1/handoff?last=maybe"), 422, "last: write true or false")
