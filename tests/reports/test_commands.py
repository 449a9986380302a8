"""Reports in the terminal: a table, a file of each kind, and refusals with their remedy."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Oncall

from .shop import Shop

KEPT = "3 acknowledged, 20 replied, 90 updated, 150 resolved"
SPAN = ("--from", "2027-01-01", "--to", "2027-03-31")


@pytest.fixture
def reported(oncall: Oncall, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Oncall:
    """The command line on the shop's database in July, with one ticket in it."""
    monkeypatch.setenv("ONCALL_DATABASE_URL", shop.url)
    monkeypatch.setenv("ONCALL_CLOCK", "2027-07-01T00:00:00+00:00")
    shop.ticket("T-1", "2027-01-09 03:12", KEPT)
    return oncall


def test_the_sla_report_is_a_table(reported: Oncall) -> None:
    ran = reported("report", "sla", *SPAN)
    assert (ran.code, ran.err) == (0, "")
    head, empty, *rows = ran.out.splitlines()
    assert head == (
        "SLA report, 2027-01-01 to 2027-03-31: 1 ticket, 3 clocks: 2 met, 0 breached, 1 stopped, 0 running; "
        "kept 100.0 %."
    )
    assert empty == ""
    assert [re.split(" {2,}", row) for row in rows] == [
        "plan impact metric target count met breached stopped running attained p50 p90 p95".split(),  # noqa: SIM905
        ["standard", "urgent", "first reply", "1 h", *"11000", "100.0 %", "20 min", "20 min", "20 min"],
        ["standard", "urgent", "periodic update", "4 h", *"21010", "100.0 %", *["1 h 10 min"] * 3],
        ["all", *"32010", "100.0 %"],
    ]


def test_a_report_of_nothing_says_so(reported: Oncall) -> None:
    ran = reported("report", "sla", "--from", "2027-02-01", "--to", "2027-02-02", "--plan", "Business Critical")
    assert ran.out == (
        "SLA report, 2027-02-01 to 2027-02-02, business-critical: 0 tickets, "
        "0 clocks: 0 met, 0 breached, 0 stopped, 0 running; kept -.\n"
    )


@pytest.mark.parametrize(
    ("suffix", "start"),
    [("csv", "plan,impact,metric"), ("json", '{\n  "from": "2027-01-01"'), ("html", "<!doctype html>")],
)
def test_a_report_goes_to_a_file_of_each_kind(reported: Oncall, tmp_path: Path, suffix: str, start: str) -> None:
    path = tmp_path / f"report.{suffix}"
    ran = reported("report", "sla", *SPAN, "--output", str(path))
    assert (ran.code, ran.out, ran.err) == (0, "", f"written to {path}\n")
    assert path.read_text(encoding="utf-8").startswith(start)


def test_json_says_everything(reported: Oncall) -> None:
    view = json.loads(reported("report", "sla", *SPAN, "--customer", "Acme Ltd", "--json").out)
    assert (view["customer"], view["tickets"], view["count"], view["attainment"]) == ("Acme Ltd", 1, 3, 1.0)
    assert view["cells"][0] == {
        "plan": "standard",
        "impact": "urgent",
        "metric": "first_reply",
        "targets": [{"seconds": 3600, "counting": "calendar"}],
        "count": 1,
        "met": 1,
        "breached": 0,
        "stopped": 0,
        "running": 0,
        "attainment": 1.0,
        "seconds": {"p50": 1200, "p90": 1200, "p95": 1200},
    }


def test_the_business_review_is_a_page(reported: Oncall, tmp_path: Path) -> None:
    path = tmp_path / "acme.html"
    ran = reported("report", "qbr", "--customer", "Acme Ltd", "--quarter", "2027Q1", "--output", str(path))
    assert (ran.code, ran.out, ran.err) == (0, "", f"written to {path}\n")
    assert "<title>Acme Ltd: business review 2027Q1</title>" in path.read_text(encoding="utf-8")


def test_the_business_review_names_its_file_itself(
    reported: Oncall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert (
        reported("report", "qbr", "--customer", "Acme Ltd", "--quarter", "2027Q1").err
        == "written to acme-ltd-2027Q1.html\n"
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("sla", "--from", "2027-02-01", "--to", "2027-01-01"),
            "2027-01-01 lies before 2027-02-01; name the first date with --from and the last with --to",
        ),
        (
            ("sla", *SPAN, "--plan", "gold"),
            '"gold" is not a plan of the policy; write "standard" or "business-critical"',
        ),
        (("qbr", "--customer", "Acme", "--quarter", "Q1"), '"Q1" is not a quarter; write "2027Q1"'),
        (
            ("qbr", "--customer", "Acme", "--quarter", "2027Q1"),
            '"Acme" is not a customer of any ticket or of the policy; did you mean "Acme Ltd"?',
        ),
        (
            ("sla", *SPAN, "--customer", "Zenith"),
            '"Zenith" is not a customer of any ticket or of the policy; known are "Acme Ltd"',
        ),
        (
            ("qbr", "--customer", "Acme Ltd", "--quarter", "2027Q4"),
            "2027Q4 has not begun yet: it is Wed 2027-06-30 20:00 EDT",
        ),
        (("sla", "--from", "0001-01-01", "--to", "2027-01-01"), "0001-01-01 is outside the years 1971 to 2198"),
        (("sla", *SPAN, "--output", "/nowhere/x.csv"), "/nowhere/x.csv: cannot be written: No such file or directory"),
    ],
)
def test_what_cannot_be_reported_is_refused(reported: Oncall, arguments: tuple[str, ...], words: str) -> None:
    ran = reported("report", *arguments)
    assert (ran.code, ran.err) == (1, f"oncall: {words}\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("sla", "--from", "monday", "--to", "2027-01-01"),
            '--from: "monday" is not a date; write one like "2027-01-04"',
        ),
        (("sla", *SPAN, "--output", "report.pdf"), '"report.pdf" should end in .csv, .json or .html'),
        (("qbr", "--customer", "A", "--quarter", "2027Q1", "-o", "x.pdf"), '"x.pdf" should end in .html or .json'),
    ],
)
def test_what_is_miswritten_is_misuse(reported: Oncall, arguments: tuple[str, ...], words: str) -> None:
    ran = reported("report", *arguments)
    assert ran.code == 2
    assert words in " ".join(ran.err.split())


def test_a_customer_is_known_in_every_spelling(reported: Oncall, shop: Shop) -> None:
    shop.ticket("T-2", "2027-01-10 03:12", KEPT, customer="ACME, Ltd.")
    view = json.loads(reported("report", "sla", *SPAN, "--customer", "acme ltd", "--json").out)
    assert (view["customer"], view["tickets"]) == ("ACME, Ltd.", 2)
    view = json.loads(reported("report", "qbr", "--customer", "acme ltd", "--quarter", "2027q1", "--json").out)
    assert (view["customer"], view["quarter"]["tickets"]) == ("ACME, Ltd.", 2)


def test_the_business_review_as_json_says_everything_and_writes_no_file(
    reported: Oncall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files = sorted(tmp_path.iterdir())
    view = json.loads(reported("report", "qbr", "--customer", "Acme Ltd", "--quarter", "2027Q1", "--json").out)
    assert sorted(tmp_path.iterdir()) == files
    assert (view["customer"], view["timezone"], view["is_over"]) == ("Acme Ltd", "America/New_York", True)
    quarter = view["quarter"]
    assert (quarter["name"], quarter["tickets"], quarter["resolved"], quarter["merged"]) == ("2027Q1", 1, 1, 0)
    assert quarter["on_call"]["taken_seconds"]["p50"] == 180
    assert quarter["slowest"][0]["ticket"] == "T-1"
    assert view["before"]["tickets"] == 0
    assert view["uptime"] is None


def test_a_customer_without_a_ticket_in_either_quarter_is_owed_their_review_all_the_same(
    reported: Oncall, tmp_path: Path
) -> None:
    path = tmp_path / "quiet.html"
    ran = reported("report", "qbr", "--customer", "Acme Ltd", "--quarter", "2026Q2", "--output", str(path))
    assert ran.code == 0, ran.err
    assert "No ticket was received in 2026Q2." in path.read_text(encoding="utf-8")


def test_a_quarter_that_is_not_over_is_reviewed_so_far(
    reported: Oncall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONCALL_CLOCK", "2027-02-01T00:00:00+00:00")
    path = tmp_path / "running.html"
    assert reported("report", "qbr", "--customer", "Acme Ltd", "--quarter", "2027Q1", "-o", str(path)).code == 0
    assert "2027Q1 is not over: this is what there is so far." in path.read_text(encoding="utf-8")
