"""Calendar feeds over HTTP: the secret opens one feed, until it is revoked."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import icalendar
import pytest

from oncall.web.services.dependencies import kept
from tests.web.service import Service, problem

GONE = "no calendar has this address; it may be revoked, and `oncall calendar link` makes a new one"


def link(service: Service, body: dict[str, Any], by: str = "mei") -> str:
    """Return the path of a new link."""
    answer = service.post(body, by=by, path="/v1/calendar/links")
    assert answer.status_code == 201, answer.text
    url: str = answer.json()["url"]
    assert url.startswith(service.address)
    return url.removeprefix(service.address)


def test_a_link_needs_no_token_and_shows_one_engineer_s_shifts(quiet: Service) -> None:
    answer = quiet.call("GET", link(quiet, {"engineer": "ana"}), by=None)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-cache"
    events = icalendar.Calendar.from_ical(answer.content).events
    assert {str(event["SUMMARY"]).partition(":")[0] for event in events} == {"Ana Pereira"}
    assert events[0].decoded("DTSTAMP") >= datetime(2027, 1, 9, 8, 12, tzinfo=UTC)


def test_the_team_s_feed_shows_everyone(quiet: Service) -> None:
    events = icalendar.Calendar.from_ical(quiet.call("GET", link(quiet, {"team": True}), by=None).content).events
    assert {str(event["SUMMARY"]).partition(":")[0] for event in events} == {"Ana Pereira", "Ben Okafor"}


def test_a_feed_that_has_not_changed_is_not_sent_again(quiet: Service) -> None:
    path = link(quiet, {"engineer": "ana"})
    first = quiet.call("GET", path, by=None)
    for known in (first.headers["etag"], f'"x", W/{first.headers["etag"]}', "*"):
        again = quiet.call("GET", path, by=None, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert quiet.call("GET", path, by=None, headers={"If-None-Match": '"other"'}).status_code == 200
    head = quiet.call("HEAD", path, by=None)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", first.headers["etag"])


def test_an_engineer_makes_and_revokes_their_own_links(quiet: Service) -> None:
    path = link(quiet, {}, by="ana")
    answer = quiet.post({}, by="ana", path="/v1/calendar/links/revoke")
    assert answer.json()["engineer"] == "ana"
    assert answer.json()["revoked"] >= 1
    problem(quiet.call("GET", path, by=None), 404, GONE)
    words = "this token makes and revokes the calendar links of ana alone"
    problem(quiet.post({"team": True}, by="ana", path="/v1/calendar/links"), 403, words)
    problem(
        quiet.post({"engineer": "ana"}, by="mei", path="/v1/calendar/links/revoke"),
        404,
        "ana has no calendar link; `oncall calendar link` makes one",
    )


@pytest.mark.parametrize("secret", ["nope", "x" * 22, "x" * 5000, "%00", "..%2f..%2fetc", "\N{PRINTER}"])
def test_what_is_no_secret_opens_nothing(quiet: Service, secret: str) -> None:
    assert quiet.call("GET", f"/calendar/{secret}.ics", by=None).status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({"engineer": "anna"}, 404, 'nobody on the published rosters has the id "anna"; did you mean "ana"?'),
        ({}, 422, "engineer: name an engineer by their id, or set `team` to true"),
        ({"engineer": "ana", "team": True}, 422, "team: leave it out beside `engineer`"),
        ({"engineer": 7, "team": "yes"}, 422, "engineer: write an engineer's id; team: write true or false"),
        ([], 422, 'calendar: a JSON object is needed, like {"engineer": "ana"}'),
    ],
)
def test_a_link_that_cannot_be_made_says_why(quiet: Service, body: object, status: int, detail: str) -> None:
    problem(quiet.post(body, by="mei", path="/v1/calendar/links"), status, detail)


def test_there_are_ten_links_at_most(service: Service) -> None:
    for _ in range(10):
        link(service, {"engineer": "ben"})
    words = "ben has 10 calendar links already; `oncall calendar unlink ben` revokes them all"
    problem(service.post({"engineer": "ben"}, by="mei", path="/v1/calendar/links"), 422, words)
    assert service.post({"engineer": "ben"}, by="mei", path="/v1/calendar/links/revoke").json()["revoked"] == 10


def test_nothing_keeps_or_logs_the_secret(
    service: Service, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    path = link(service, {"engineer": "ana"})
    secret = path.removeprefix("/calendar/").removesuffix(".ics")
    service.call("GET", path, by=None)
    service.call("POST", path, by=None)
    service.post({"engineer": "ana"}, by="mei", path="/v1/calendar/links/revoke")
    service.call("GET", path, by=None)
    # The test's own client logs every address that it calls.
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith("http")]
    assert secret not in "\n".join([*logged, *capsys.readouterr()])
    for file in service.file.parent.iterdir():
        assert secret.encode() not in file.read_bytes()
    assert secret not in service.call("GET", "/metrics").text


def test_an_address_that_tried_many_secrets_gets_429_without_a_look_at_the_database(service: Service) -> None:
    assert service.call("GET", "/calendar/guess.ics", by=None).status_code == 404
    sources = kept(service.app).services.refusals.sources
    while sources.count("127.0.0.1"):
        pass
    answer = service.call("GET", "/calendar/guess.ics", by=None)
    problem(
        answer, 429, "too many requests from here were refused; correct them, and wait before you send the next one"
    )
