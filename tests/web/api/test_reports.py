"""Reports over HTTP, and in a terminal that asks a server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Oncall, oncall  # noqa: F401
from tests.web.service import Service, problem

SPAN = {"from": "2027-01-01", "to": "2027-03-31"}
TICKET = {"id": "T-1", "customer": "Acme Ltd", "plan": "standard", "impact": "low", "subject": "No sessions"}


_TOO_LONG = "2026-01-01 to 2027-01-02 is longer than 366 days; ask for a year at most"


@pytest.fixture
def served(service: Service, monkeypatch: pytest.MonkeyPatch, oncall: Oncall) -> Oncall:  # noqa: F811
    """The command line on a server with one ticket."""
    service.post(TICKET)
    monkeypatch.setenv("ONCALL_SERVER", service.address)
    monkeypatch.setenv("ONCALL_TOKEN", "mei")
    return oncall


def test_an_sla_report_is_json_when_nothing_else_is_asked_for(service: Service) -> None:
    service.post(TICKET)
    answer = service.call("GET", "/v1/reports/sla", params={**SPAN, "customer": "acme ltd"}, by="ana")
    assert answer.headers["content-type"] == "application/json"
    assert (answer.json()["customer"], answer.json()["tickets"]) == ("Acme Ltd", 1)


@pytest.mark.parametrize(
    ("form", "media", "start"),
    [
        ("text", "text/plain; charset=utf-8", "SLA report, 2027-01-01 to 2027-03-31: 0 tickets"),
        ("csv", "text/csv; charset=utf-8", "plan,impact,metric"),
        ("html", "text/html; charset=utf-8", "<!doctype html>"),
    ],
)
def test_a_report_comes_in_every_format(quiet: Service, form: str, media: str, start: str) -> None:
    answer = quiet.call("GET", "/v1/reports/sla", params={**SPAN, "format": form})
    assert (answer.status_code, answer.headers["content-type"]) == (200, media)
    assert answer.text.startswith(start)


def test_the_table_of_the_text_fits_the_width_that_is_asked_for(service: Service) -> None:
    service.post(TICKET)
    wide = service.call("GET", "/v1/reports/sla", params={**SPAN, "format": "text"}).text.splitlines()
    narrow = service.call("GET", "/v1/reports/sla", params={**SPAN, "format": "text", "width": "60"}).text.splitlines()
    assert wide[2].startswith("plan      impact  metric")
    assert "standard  low  first reply" in narrow
    assert max(map(len, narrow[2:])) <= 60


@pytest.mark.parametrize(
    ("path", "status", "detail"),
    [
        ("sla?to=x", 422, 'from: missing; write "2027-01-04"; to: "x" is not a date; write one like "2027-01-04"'),
        ("sla?from=2027-01-01&to=2027-01-02&format=pdf", 422, "format: write text, json, csv or html"),
        ("sla?from=2027-01-01&to=2027-01-02&breaches=many", 422, "breaches: write a number from 0 to 100000"),
        ("sla?from=2027-01-01&to=2027-01-02&width=5", 422, "width: write a number from 20 to 1000"),
        (
            "sla?from=2027-01-03&to=2027-01-02",
            422,
            "2027-01-02 lies before 2027-01-03; name the first date with --from and the last with --to",
        ),
        (
            "sla?from=2027-01-01&to=2027-01-02&plan=gold",
            422,
            '"gold" is not a plan of the policy; write "standard" or "business-critical"',
        ),
        ("sla?from=0001-01-01&to=9999-12-31", 422, "0001-01-01 is outside the years 1971 to 2198"),
        (
            "sla?from=2027-01-01&to=2027-01-02&customer=Quux",
            404,
            '"Quux" is not a customer of any ticket or of the policy',
        ),
        ("qbr?quarter=Q1", 422, 'customer: missing; quarter: "Q1" is not a quarter; write "2027Q1"'),
        ("duty?month=May", 422, 'month: "May" is not a month; write one like "2027-01"'),
        ("load?from=2027-01-01&to=x", 422, 'to: "x" is not a date; write one like "2027-01-04"'),
        ("load?from=2026-01-01&to=2027-01-02", 422, _TOO_LONG),
        ("qbr?customer=Quux&quarter=2027Q2", 422, "2027Q2 has not begun yet: it is Sat 2027-01-09 03:12 EST"),
    ],
)
def test_what_cannot_be_reported_is_a_problem(quiet: Service, path: str, status: int, detail: str) -> None:
    problem(quiet.call("GET", f"/v1/reports/{path}"), status, detail)


def test_an_intake_may_not_see_reports(quiet: Service) -> None:
    for path in ("sla", "qbr", "load", "duty"):
        problem(quiet.call("GET", f"/v1/reports/{path}", by="zendesk"), 403, "a token of role intake may not do this")


def test_the_terminal_prints_a_server_s_report_as_its_own(served: Oncall, tmp_path: Path) -> None:
    ran = served("report", "sla", "--from", "2027-01-01", "--to", "2027-03-31")
    assert ran.out.startswith("SLA report, 2027-01-01 to 2027-03-31: 1 ticket, 1 clock: 0 met, 0 breached, 0 stopped")
    path = tmp_path / "report.html"
    asked = ("--from", "2027-01-01", "--to", "2027-03-31", "--customer", "acme ltd", "--output", str(path), "--json")
    assert json.loads(served("report", "sla", *asked).out)["tickets"] == 1
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_terminal_writes_a_server_s_review(served: Oncall, tmp_path: Path) -> None:
    path = tmp_path / "acme.html"
    ran = served("report", "qbr", "--customer", "acme ltd", "--quarter", "2027Q1", "--output", str(path))
    assert (ran.code, ran.err) == (0, f"written to {path}\n")
    assert "<title>Acme Ltd: business review 2027Q1</title>" in path.read_text(encoding="utf-8")
    view = json.loads(served("report", "qbr", "--customer", "acme ltd", "--quarter", "2027Q1", "--json").out)
    assert view["quarter"]["tickets"] == 1


def test_a_refusal_of_the_server_is_the_terminal_s(served: Oncall) -> None:
    ran = served("report", "qbr", "--customer", "Acme", "--quarter", "2027Q1")
    assert (ran.code, ran.err) == (
        1,
        'oncall: "Acme" is not a customer of any ticket or of the policy; did you mean "Acme Ltd"?\n',
    )


def test_the_terminal_pays_by_a_server_s_schedule(served: Oncall, tmp_path: Path) -> None:
    rates = tmp_path / "rates.yaml"
    rates.write_text("currency: EUR\nrates: {weeknight: 10, weekend: 15, holiday: 20}\n", encoding="utf-8")
    ran = served("report", "pay", "--month", "2027-01", "--rates", rates, "--json")
    assert ran.code == 0, ran.err
    paid = {row["engineer"]: row for row in json.loads(ran.out)["engineers"]}
    assert paid["ana"]["amount"] == sum(kind["amount"] for kind in paid["ana"]["kinds"].values()) > 0


def test_the_terminal_prints_a_server_s_load(served: Oncall, tmp_path: Path) -> None:
    ran = served("report", "load", "--from", "2027-01-01", "--to", "2027-01-31")
    assert ran.out.startswith("Load of the engineers, 2027-01-01 to 2027-01-31 (America/New_York): 0 pages")
    path = tmp_path / "load.html"
    assert served("report", "load", "--from", "2027-01-01", "--to", "2027-01-31", "-o", path).code == 0
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_terminal_reads_the_status_of_a_server_s_plan(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    oncall: Oncall,  # noqa: F811
) -> None:
    with Service(tmp_path, is_roster_published=True) as service:
        monkeypatch.setenv("ONCALL_SERVER", service.address)
        monkeypatch.setenv("ONCALL_TOKEN", "mei")
        ran = oncall("plan", "status", "--days", "30", "--json")
    assert ran.code == 0, ran.err
    view = json.loads(ran.out)
    assert view["days"] == 30
    assert view.keys() >= {"shares", "holes", "broken_rest", "nobody_left"}


def test_a_publication_without_its_roster_has_no_status(served: Oncall) -> None:
    ran = served("plan", "status")
    assert (ran.code, ran.err) == (
        1,
        "oncall: this version of oncall cannot read the published roster; publish the plan again with its roster\n",
    )
