"""Who is on call, and the schedule, over HTTP."""

from __future__ import annotations

import pytest

from tests.web.service import Service, problem


def test_who_is_on_call_now_with_the_end_of_each_duty(quiet: Service) -> None:
    found = quiet.call("GET", "/v1/oncall", by="ana").json()
    assert (found["window"], found["missing"]) == ("weekend", [])
    duties = {role: (duty["engineer"], duty["until"]) for role, duty in found["roles"].items()}
    until = "2027-01-11T08:00:00-05:00"
    assert duties == {"primary": ("ana", until), "secondary": ("ben", until)}


@pytest.mark.parametrize("at", ["2027-01-11T10:00:00-05:00", "2027-01-11T15:00:00Z", "2027-01-11T16:00:00+01:00"])
def test_in_business_hours_nobody_is_on_call(quiet: Service, at: str) -> None:
    found = quiet.call("GET", "/v1/oncall", params={"at": at}).json()
    assert (found["window"], found["roles"], found["at"]) == ("business", {}, "2027-01-11T10:00:00-05:00")


def test_a_plus_that_was_not_escaped_is_understood(quiet: Service) -> None:
    assert quiet.call("GET", "/v1/oncall?at=2027-01-11T16:00:00+01:00").json()["window"] == "business"


def test_a_time_that_no_plan_covers_is_said_loudly(quiet: Service) -> None:
    found = quiet.call("GET", "/v1/oncall", params={"at": "2028-01-01T00:00:00Z"}).json()
    assert (found["roles"], found["missing"]) == ({}, ["primary", "secondary"])


def test_the_schedule_between_two_instants(quiet: Service) -> None:
    query = {"from": "2027-01-08T00:00:00-05:00", "to": "2027-01-12T00:00:00-05:00"}
    shifts = quiet.call("GET", "/v1/schedule", params=query).json()["shifts"]
    assert [(shift["start"][:16], shift["kind"], shift["role"], shift["engineer"]) for shift in shifts][2:4] == [
        ("2027-01-08T19:01", "weekend", "primary", "ana"),
        ("2027-01-08T19:01", "weekend", "secondary", "ben"),
    ]
    assert len(shifts) == 6


def test_the_next_four_weeks_when_nothing_is_asked_for(quiet: Service) -> None:
    found = quiet.call("GET", "/v1/schedule").json()
    assert (found["from"][:10], found["to"][:10]) == ("2027-01-09", "2027-02-06")


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("/v1/oncall?at=noon", 'at: "noon" is not a time with an offset; write one like "2027-01-09T03:12:00-05:00"'),
        ("/v1/oncall?at=0001-01-01T00:00:00Z", "at: is outside the years 1971 to 2198"),
        ("/v1/schedule?from=9999-12-31T00:00:00Z", "from: is outside the years 1971 to 2198"),
        (
            "/v1/schedule?from=tomorrow",
            'from: "tomorrow" is not a time with an offset; write one like "2027-01-09T03:12:00-05:00"',
        ),
        (
            "/v1/schedule?from=2027-01-09T00:00:00Z&to=2027-01-09T00:00:00Z",
            "to: must be after `from`, by at most 800 days",
        ),
        (
            "/v1/schedule?from=2027-01-09T00:00:00Z&to=2030-01-09T00:00:00Z",
            "to: must be after `from`, by at most 800 days",
        ),
    ],
)
def test_a_time_that_cannot_be_used_is_named(quiet: Service, path: str, detail: str) -> None:
    problem(quiet.call("GET", path), 422, detail)


@pytest.mark.parametrize("path", ["/v1/schedule?from=2027-01-04&to=2027-02-01", "/v1/schedule/versions"])
def test_a_reader_that_has_the_newest_version_gets_304(quiet: Service, path: str) -> None:
    known = quiet.call("GET", path).headers["etag"]
    for named in (known, f'"x", W/{known}', "*"):
        again = quiet.call("GET", path, headers={"If-None-Match": named})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", known)
    assert quiet.call("GET", path, headers={"If-None-Match": '"99"'}).status_code == 200


def test_a_span_that_moves_with_the_clock_is_always_answered_whole(quiet: Service) -> None:
    known = quiet.call("GET", "/v1/schedule").headers["etag"]
    assert quiet.call("GET", "/v1/schedule", headers={"If-None-Match": known}).status_code == 200
