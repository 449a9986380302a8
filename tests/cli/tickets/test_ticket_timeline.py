"""A ticket's timeline: each message when it went out, in order."""

from __future__ import annotations

from typing import Any

import pytest

from oncall.cli.tickets.ticket_timeline import print_timeline

AT = "2027-01-09T03:12:00-05:00"


def event(kind: str, why: str, **details: Any) -> dict[str, Any]:
    return {"at": AT, "kind": kind, "by": "oncall", "why": why, "details": details}


def page(name: str, status: str, *, error: str | None = None, tries: int = 1) -> dict[str, Any]:
    return {
        "id": name,
        "at": AT,
        "to": "ana",
        "channel": "sms",
        "purpose": "page",
        "status": status,
        "provider_id": "SM1",
        "tries": tries,
        "error": error,
    }


def shown(capsys: pytest.CaptureFixture[str], events: list[dict[str, Any]], *attempts: dict[str, Any]) -> list[str]:
    whole: Any = {"events": events, "attempts": list(attempts)}
    print_timeline(whole)
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_a_time_in_the_hour_that_comes_twice_names_its_zone(capsys: pytest.CaptureFixture[str]) -> None:
    posted = {"at": "2026-11-01T01:30:00-05:00", "kind": "received", "by": "help", "why": "posted", "details": {}}
    whole: Any = {"events": [posted], "attempts": [], "timezone": "America/New_York"}
    print_timeline(whole)
    assert capsys.readouterr().out.split() == ["Sun", "2026-11-01", "01:30", "EST", "received", "help", "posted"]


FIRED = event("step_fired", "ana is primary", notify="primary", attempt="a-1")


def test_a_page_stands_below_the_turn_that_it_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    events = [FIRED, event("page_waits", "waits 9 s", attempt="a-1"), event("page_bundled", "goes", attempt="a-1")]
    assert shown(capsys, events, page("a-1", "delivered")) == [
        "Sat 2027-01-09 03:12 page oncall ana is paged as primary",
        "Sat 2027-01-09 03:12 page waits oncall waits 9 s",
        "Sat 2027-01-09 03:12 page bundled oncall goes",
        "Sat 2027-01-09 03:12 page to ana by sms: delivered",
    ]


def test_a_failed_page_is_printed_above_its_replacement(capsys: pytest.CaptureFixture[str]) -> None:
    events = [FIRED, event("step_rerouted", "ana is called instead", attempt="a-2")]
    lines = shown(capsys, events, page("a-1", "failed", error="Twilio refused it; code 21610"), page("a-2", "accepted"))
    assert lines[1:] == [
        "Sat 2027-01-09 03:12 page to ana by sms: failed (Twilio refused it; code 21610)",
        "Sat 2027-01-09 03:12 step rerouted oncall ana is called instead",
        "Sat 2027-01-09 03:12 page to ana by sms: accepted",
    ]


@pytest.mark.parametrize(
    ("tries", "words"),
    [
        (5, "delivered on send 5; before that: Twilio answered HTTP 429"),
        (1, "delivered; before that: Twilio answered HTTP 429"),
    ],
)
def test_a_page_that_went_out_shows_no_retry(capsys: pytest.CaptureFixture[str], tries: int, words: str) -> None:
    error = "Twilio answered HTTP 429; the message was not sent and is tried again."
    lines = shown(capsys, [FIRED], page("a-1", "delivered", error=error, tries=tries))
    assert lines[1] == f"Sat 2027-01-09 03:12 page to ana by sms: {words}"


def test_a_page_that_is_tried_again_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    error = "Twilio answered HTTP 429; the message was not sent and is tried again."
    lines = shown(capsys, [FIRED], page("a-1", "retrying", error=error))
    assert lines[1] == f"Sat 2027-01-09 03:12 page to ana by sms: retrying ({error})"
