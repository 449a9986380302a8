"""`oncall tonight`: who is on call, on both clocks, and the held tickets."""

from __future__ import annotations

import json

import pytest

from oncall.schedule.tonight import tonight_of
from oncall.store.quick_read import read_schedule
from tests.cli.conftest import Oncall
from tests.paging.world import at, ticket_body
from tests.web.conftest import service  # noqa: F401
from tests.web.service import Service

HIGH = ("--customer", "Acme", "--plan", "standard", "--impact", "high", "--subject", "Slow")


def test_the_shifts_of_tonight_are_shown_on_the_team_s_clock_and_each_person_s_own(published: Oncall) -> None:
    ran = published("tonight")
    assert (ran.code, ran.out.splitlines()) == (
        0,
        [
            "Tonight, Sat 2027-01-09 03:12 EST to Sat 2027-01-09 08:00 EST:",
            "primary    Ana Pereira (ana)  Fri 2027-01-08 19:01 EST to Mon 2027-01-11 08:00 EST",
            "secondary  Ben Okafor (ben)   Fri 2027-01-08 19:01 EST to Mon 2027-01-11 08:00 EST  "
            "Sat 2027-01-09 05:31 IST to Mon 2027-01-11 18:30 IST in Asia/Kolkata",
            "No held ticket comes up tonight. `oncall tickets` lists those that are held for longer.",
        ],
    )


def test_a_ticket_whose_hold_ends_tonight_is_listed(published: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    published("page", "--id", "H-1", *HIGH)
    assert json.loads(published("tonight", "--json").out)["held"] == []
    monkeypatch.setenv("ONCALL_CLOCK", "2027-01-10T20:00:00-05:00")
    assert json.loads(published("tonight", "--json").out)["held"] == [
        {
            "id": "H-1",
            "customer": "Acme",
            "impact": "high",
            "subject": "Slow",
            "hold_until": "2027-01-11T00:00:00-05:00",
        }
    ]
    assert published("tonight").out.splitlines()[-2:] == [
        "Held for tonight:",
        "  H-1  high  Acme  until Mon 2027-01-11 00:00 EST  Slow",
    ]


def test_a_night_that_nobody_has_is_a_refusal_after_the_answer(
    published: Oncall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONCALL_CLOCK", "2027-02-02T12:00:00-05:00")
    ran = published("tonight")
    assert ran.code == 1
    assert ran.out.splitlines()[:2] == [
        "Tonight, Tue 2027-02-02 19:01 EST to Wed 2027-02-03 08:00 EST:",
        "primary    NOBODY  Tue 2027-02-02 19:01 EST to Wed 2027-02-03 08:00 EST",
    ]
    assert ran.err.startswith("oncall: GAP IN THE SCHEDULE: nobody is on call as primary from Tue 2027-02-02 19:01 EST")


@pytest.mark.parametrize(
    ("now", "start", "end"),
    [
        ("2027-01-05 10:00", "2027-01-05 19:01", "2027-01-06 08:00"),
        ("2027-01-05 23:00", "2027-01-05 23:00", "2027-01-06 08:00"),
        ("2027-01-06 07:59", "2027-01-06 07:59", "2027-01-06 08:00"),
        ("2027-01-09 10:00", "2027-01-09 10:00", "2027-01-10 08:00"),
        ("2027-03-13 21:00", "2027-03-13 21:00", "2027-03-14 08:00"),
    ],
)
def test_tonight_ends_in_the_next_morning(published: Oncall, now: str, start: str, end: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
    found = read_schedule(tmp_path / "oncall.db")
    assert found is not None
    night = tonight_of(found.whole(), at(now))
    assert (night.start, night.end) == (at(start), at(end))


def test_a_server_and_its_database_say_the_same(
    service: Service,  # noqa: F811
    oncall: Oncall,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service.post(ticket_body("T-1", impact="high"))
    monkeypatch.setenv("ONCALL_CLOCK", "2027-01-09T03:12:00-05:00")
    monkeypatch.setenv("ONCALL_DATABASE_URL", f"sqlite:///{service.file}")
    local = oncall("tonight")
    monkeypatch.setenv("ONCALL_SERVER", service.address)
    monkeypatch.setenv("ONCALL_TOKEN", "ana")
    assert oncall("tonight") == local
