"""The status page over HTTP: public, cached, without scripts of others; and the API behind it for each role."""

from __future__ import annotations

import json
import time

import pytest

from doubles.machine_pace import slowness
from doubles.statements import counted
from oncall.paging.actions.status_on_page import record_on_page
from oncall.status.status_actions import OpenIncident, StatusAuthor
from oncall.web.services.public_status import MAX_AGE
from tests.cli.conftest import Oncall, oncall  # noqa: F401
from tests.paging.world import SATURDAY_NIGHT
from tests.web.service import Service, problem

EVENTS = "/v1/status/events"
DOWN = {"action": "open", "title": "Portal down", "components": {"portal": "major_outage"}}


def test_a_change_is_on_the_page_at_once_and_readers_need_no_token(service: Service) -> None:
    page = service.call("GET", "/status", by=None)
    assert (page.status_code, "All Systems Operational" in page.text) == (200, True)
    answer = service.post(DOWN, by="ana", path=EVENTS)
    assert answer.status_code == 201, answer.text
    page = service.call("GET", "/status", by=None)
    assert "Partial System Outage" in page.text
    assert page.headers["cache-control"] == "public, max-age=4"
    assert page.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    assert "set-cookie" not in page.headers
    subject = answer.json()["id"]
    assert "Portal down" in service.call("GET", f"/status/incidents/{subject}", by=None).text


def test_every_file_of_the_page_is_served_and_a_reader_that_has_it_gets_304(service: Service) -> None:
    media = {
        "/status": "text/html",
        "/status/history": "text/html",
        "/status/status.css": "text/css",
        "/status/status.js": "text/javascript",
        "/status/embed.svg": "image/svg+xml",
        "/status/feed.atom": "application/atom+xml",
        "/status/feed.rss": "application/rss+xml",
        "/status/components/portal/feed.atom": "application/atom+xml",
        "/status/components/portal/feed.rss": "application/rss+xml",
        "/status/api/v2/summary.json": "application/json",
        "/status/api/v2/scheduled-maintenances/active.json": "application/json",
    }
    for path, kind in media.items():
        answer = service.call("GET", path, by=None)
        assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, kind), path
        assert answer.headers["access-control-allow-origin"] == "*"
        again = service.call("GET", path, by=None, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), path


def test_the_address_with_a_slash_at_its_end_leads_to_the_page(service: Service) -> None:
    answer = service.call("GET", "/status/", by=None)
    assert (answer.status_code, answer.headers["location"]) == (308, "/status")


def test_the_history_has_a_page_for_each_month(service: Service) -> None:
    assert "There is no incident or maintenance yet." in service.call("GET", "/status/history", by=None).text
    assert service.post({**DOWN, "at": "2027-01-02T02:00:00-05:00"}, by="mei", path=EVENTS).status_code == 201
    for path in ("/status/history", "/status/history/2027-01"):
        assert "Portal down" in service.call("GET", path, by=None).text


def test_a_kept_page_is_answered_as_a_rendered_one_and_compressed_for_those_who_ask(service: Service) -> None:
    plain = {"Accept-Encoding": "identity"}
    rendered, kept = (service.call("GET", "/status", by=None, headers=plain) for _ in range(2))
    unlike = {"date", "content-length"}
    heads = [{name: value for name, value in each.headers.items() if name not in unlike} for each in (rendered, kept)]
    assert (heads[0], rendered.text) == (heads[1], kept.text)
    assert kept.headers["x-content-type-options"] == "nosniff"
    for accepted, coding in (("gzip, br", "gzip"), ("gzip;q=0", None), ("*", "gzip"), ("br", None)):
        packed = service.call("GET", "/status", by=None, headers={"Accept-Encoding": accepted})
        assert (packed.headers.get("content-encoding"), packed.text) == (coding, kept.text), accepted
    head = service.call("HEAD", "/status", by=None, headers=plain)
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(kept.content)), b"")


def test_what_another_process_writes_is_on_the_page_within_ten_seconds(service: Service) -> None:
    assert "All Systems Operational" in service.call("GET", "/status", by=None).text
    began, author = time.monotonic(), StatusAuthor("mei", SATURDAY_NIGHT, may_backdate=True)
    service.store.write(lambda tx: record_on_page(tx, OpenIncident("Down", {"portal": "major_outage"}), author))
    service.until(lambda: "Partial System Outage" in service.call("GET", "/status", by=None).text)
    assert time.monotonic() - began + MAX_AGE < 10 * slowness(time.monotonic)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/status/incidents/nope", "there is no such page; /status/history lists every incident"),
        ("/status/history/2027-13", "the history has no such month; /status/history lists every month"),
        ("/status/components/acme-vpn/feed.atom", "there is no such component on the status page"),
        ("/status/api/v2/nope.json", "there is no such document; begin with /status/api/v2/summary.json"),
    ],
)
def test_what_is_not_there_or_private_is_404(service: Service, path: str, words: str) -> None:
    problem(service.call("GET", path, by=None), 404, words)


def test_hundreds_of_paths_that_do_not_exist_cost_a_look_up_each_and_not_a_reading_of_the_log(service: Service) -> None:
    paths = ("incidents/no-{}", "history/2027-{}", "components/no-{}/feed.atom", "api/v2/no-{}.json", "u/no-{}")
    with counted() as run:
        for number in range(13, 63):
            for path in paths:
                answer = service.call("GET", f"/status/{path.format(number)}", by=None)
                assert answer.status_code == (200 if path.startswith("u/") else 404)
    readings = [each for each in run if "status_events" in each and "max(" not in each]
    # The log is read again after three seconds.
    assert 1 <= len(readings) <= 10


def test_an_action_with_an_id_is_safe_to_send_twice(service: Service) -> None:
    opened, words = {**DOWN, "id": "deploy-771"}, {"action": "update", "message": "A full disk.", "id": "deploy-772"}
    first, second = (service.post(opened, by="mei", path=EVENTS) for _ in range(2))
    assert (first.status_code, second.status_code, first.json()) == (201, 201, second.json())
    update = {**words, "incident": first.json()["id"]}
    assert [service.post(update, by="mei", path=EVENTS).json() for _ in range(2)] == [first.json()] * 2
    (incident,) = service.call("GET", "/v1/status").json()["incidents"]
    assert [each["message"] for each in incident["updates"]] == ["", "A full disk."]
    refused = 'the event "deploy-771" is recorded already with other content; nothing was changed'
    problem(service.post({**opened, "title": "API down"}, by="mei", path=EVENTS), 409, refused)
    # Ids of another caller are another caller's.
    assert service.post({**opened, "title": "API down"}, by="ana", path=EVENTS).json() != first.json()


@pytest.mark.parametrize("sent_id", ["", "a b", 7, "x" * 101])
def test_an_id_of_an_action_that_is_no_id_is_refused(service: Service, sent_id: object) -> None:
    answer = service.post({**DOWN, "id": sent_id}, by="mei", path=EVENTS)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["message"] == "is not text of 1 to 100 printable characters"


def test_an_incident_without_a_title_is_refused(service: Service) -> None:
    words = 'an incident needs a title; write one like "Sign-in is slow", or name a ticket with --from'
    problem(service.post({"action": "open"}, by="ana", path=EVENTS), 422, words)


def test_only_a_manager_writes_about_the_past(service: Service) -> None:
    past = {**DOWN, "at": "2027-01-09T02:00:00-05:00"}
    problem(service.post(past, by="ana", path=EVENTS), 422, "only a manager may write a time in the past")
    assert service.post(past, by="mei", path=EVENTS).status_code == 201


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ([], {"body": "is not a JSON object"}),
        (
            {"action": "close"},
            {
                "action": '"close" is no action; write open, update, correct, publish, dismiss, announce, reschedule '
                "or cancel"
            },
        ),
        ({"action": "update"}, {"incident": "is missing"}),
        (
            {"action": "open", "title": 1, "components": [], "at": "soon", "colour": "red"},
            {
                "colour": "is not a field of open; write title, components, message, at, ticket or template",
                "title": "is not text of at most 20,000 characters",
                "components": 'is not components with states; write {"portal": "major_outage"}',
                "at": '"soon" is not a time with an offset; write one like "2027-01-09T03:12:00-05:00"',
            },
        ),
        (
            {"action": "announce", "title": "x", "components": {"portal": "x"}, "start": "x", "end": None},
            {
                "end": "is missing",
                "components": 'is not a list of components; write ["portal"]',
                "start": '"x" is not a time with an offset; write one like "2027-01-09T03:12:00-05:00"',
            },
        ),
    ],
)
def test_every_field_at_fault_is_named(service: Service, body: object, faults: dict[str, str]) -> None:
    answer = service.post(body, by="mei", path=EVENTS)
    assert answer.status_code == 422
    assert {each["field"]: each["message"] for each in answer.json()["errors"]} == faults


def test_the_terminal_on_a_server_says_what_the_api_says(
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    oncall: Oncall,  # noqa: F811
) -> None:
    monkeypatch.setenv("ONCALL_SERVER", service.address)
    monkeypatch.setenv("ONCALL_TOKEN", "mei")
    ran = oncall("status", "open", "Portal down", "--component", "portal=major_outage", "--at", "2027-01-09T02:12")
    assert ran.code == 0, ran.err
    window = ("--from", "2027-01-09T00:00", "--to", "2027-01-09T03:00")
    told = json.loads(oncall("status", "uptime", *window, "--json").out)
    query = "from=2027-01-09T00:00:00-05:00&to=2027-01-09T03:00:00-05:00"
    assert told == service.call("GET", f"/v1/status/uptime?{query}").json()
    assert told["page"]["down"] == 48 * 60
    times = ("--start", "2027-01-20T02:00", "--end", "2027-01-20T04:00")
    work = oncall("status", "maintenance", "Upgrade", "--component", "portal", *times).out.strip()
    assert oncall("status", "cancel", work).code == 0
    ran = oncall("status", "export", "public")
    assert (ran.code, ran.err) == (
        1,
        "oncall: `oncall status export` reads the database itself: unset ONCALL_SERVER, set ONCALL_DATABASE_URL\n",
    )
