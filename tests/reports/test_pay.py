"""Pay: hours of the month by kind for the one who served, amounts to the cent, and rates that are refused."""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from oncall.paging.views.paged_people import PagedPeople
from oncall.reports.duty_month import duty_of
from oncall.reports.month import Month
from oncall.schedule.versions import Override
from oncall.support.windows import Window
from tests.cli.conftest import Oncall

from .shop import LATER, Shop, at

RATES = "currency: USD\nrates: {weeknight: 10, weekend: 15, holiday: 20}\n"
ROUNDED = (
    "Amounts are rounded to 0.01, halves up, for each engineer and kind; totals are sums of rounded amounts. "
    "Shifts are cut at the month's ends.\n"
)


@pytest.fixture
def paying(oncall: Oncall, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Oncall:
    """The command line on the shop's database in July: ana was primary and ben secondary, always."""
    monkeypatch.setenv("ONCALL_DATABASE_URL", shop.url)
    monkeypatch.setenv("ONCALL_CLOCK", "2027-07-01T00:00:00+00:00")
    return oncall


@pytest.fixture
def rates(tmp_path: Path) -> Path:
    path = tmp_path / "rates.yaml"
    path.write_text(RATES, encoding="utf-8")
    return path


def test_pay_is_the_hours_of_each_kind_times_its_rate(paying: Oncall, rates: Path) -> None:
    ran = paying("report", "pay", "--month", "2027-02", "--rates", rates, "--json")
    assert (ran.code, ran.err) == (0, ROUNDED)
    # A weekend lasts from 19:01 on Friday to 08:00 on Monday; the first begins in January, the last ends in March.
    hours = {"weeknight": 15 * (12 + 59 / 60), "weekend": 8 + 3 * (60 + 59 / 60) + 4 + 59 / 60 + 48, "holiday": 24}
    amounts = {"weeknight": 1947.50, "weekend": 3659.00, "holiday": 480.0}
    (ana, ben) = json.loads(ran.out)["engineers"]
    assert ana.keys() == {"engineer", "kinds", "hours", "amount"}
    assert {**ana, "engineer": "ben"} == ben
    assert {kind: row["hours"] for kind, row in ana["kinds"].items()} == pytest.approx(hours)
    assert {kind: row["amount"] for kind, row in ana["kinds"].items()} == amounts
    assert (ana["hours"], ana["amount"]) == (pytest.approx(sum(hours.values())), sum(amounts.values()))


def test_the_table_says_who_gets_how_much(paying: Oncall, rates: Path) -> None:
    lines = paying("report", "pay", "--month", "2027-02", "--rates", rates).out.splitlines()
    assert [line.split() for line in lines] == [
        ["engineer", "weeknight", "weekend", "holiday", "hours", "shifts", "USD"],
        ["ana", "194.75", "243.93", "24.00", "462.68", "20", "6,086.50"],
        ["ben", "194.75", "243.93", "24.00", "462.68", "20", "6,086.50"],
        ["all", "389.50", "487.87", "48.00", "925.37", "40", "12,173.00"],
    ]


def test_an_override_is_paid_to_the_engineer_who_served(paying: Oncall, rates: Path) -> None:
    asked = ("report", "pay", "--month", "2027-07", "--rates", rates, "--json")
    before = json.loads(paying(*asked).out)["engineers"]
    ran = paying(
        "override", "chloe", "--role", "primary", "--from", "2027-07-02T20:00", "--to", "2027-07-02T21:30",
        "--reason", "cinema",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    after = {row["engineer"]: row for row in json.loads(paying(*asked).out)["engineers"]}
    assert after["chloe"]["kinds"]["weekend"] == {"hours": 1.5, "amount": 22.5}
    assert after["ana"]["hours"] == pytest.approx(before[0]["hours"] - 1.5)


def test_nights_are_paid_when_the_rates_say_so(paying: Oncall, shop: Shop, tmp_path: Path) -> None:
    shop.ticket("T-1", "2027-02-09 03:12", "3 acknowledged, 20 replied, 63 resolved")
    shop.ticket("T-2", "2027-02-09 03:12", "3 acknowledged, 33 resolved")
    shop.ticket("T-3", "2027-02-10 05:00", "1 acknowledged, 20 passed")
    path = tmp_path / "nights.yaml"
    path.write_text(RATES + "night: {page: 5, hour: 60}\n", encoding="utf-8")
    view = json.loads(paying("report", "pay", "--month", "2027-02", "--rates", path, "--json").out)
    # Two tickets at the same time are one hour of work.
    assert view["engineers"][0]["night"] == {"pages": 3, "hours": 1 + 19 / 60, "amount": 94.0}
    assert view["engineers"][0]["amount"] == 6180.50


@pytest.mark.parametrize("suffix", ["csv", "json", "xlsx"])
def test_pay_goes_to_a_file_of_each_kind(paying: Oncall, rates: Path, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"pay.{suffix}"
    ran = paying("report", "pay", "--month", "2027-02", "--rates", rates, "-o", path, "--rules", "eu")
    assert (ran.code, ran.out, ran.err) == (0, "", f"written to {path}\n{ROUNDED}")
    if suffix == "csv":
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
        assert rows[0] == {
            "engineer": "ana", "kind": "weeknight", "shifts": "15", "minutes": "11685.0", "hours": "194.75",
            "rate": "10.0", "amount": "1947.5", "currency": "USD",
        }  # fmt: skip
    elif suffix == "json":
        assert json.loads(path.read_text(encoding="utf-8"))["breaches"]
    else:
        book = load_workbook(path)
        assert book.sheetnames == ["pay", "by kind", "working time"]
        assert [cell.value for cell in book["pay"][2]] == ["ana", 194.75, 243.93, 24, 462.68, 20, 6086.5]
        book.close()


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        (
            "currency: usd\nrates: {weeknight: -10, weekand: 15, weekend: 1, holiday: ten}\nnite: 4\n",
            [
                '1:11: currency: "usd" is not the code of a currency; did you mean "USD"?',
                "2:20: rates.weeknight: -10 is below 0; write an amount of money, like 10 or 12.50",
                '2:25: rates.weekand: is not a kind of shift; did you mean "weekend"?',
                '2:59: rates.holiday: "ten" is not an amount of money; write a number like 10 or 12.50',
                '3:1: nite: is not a known key; did you mean "night"?',
            ],
        ),
        (
            "currency: USD\nrates: {weekend: 15, holiday: 2000000}\n",
            ["2:31: rates.holiday: 2000000 is out of range; write an amount from 0 to 1000000"],
        ),
        (
            "currency: USD\nrates: {weekend: 15, holiday: 20}\n",
            [
                "2:8: rates.weeknight: is missing, and engineers served weeknight shifts in this month; "
                "write weeknight: 10"
            ],
        ),
        ("rates: {weeknight: 1, weekend: 2, holiday: 3}\n", ["1:1: currency: is missing; write currency: USD"]),
    ],
)
def test_rates_that_cannot_be_used_are_refused_with_their_place(
    paying: Oncall, tmp_path: Path, text: str, faults: list[str]
) -> None:
    path = tmp_path / "rates.yaml"
    path.write_text(text, encoding="utf-8")
    ran = paying("report", "pay", "--month", "2027-02", "--rates", path)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines() == [f"{path}:{fault}" for fault in faults]


@pytest.mark.parametrize(
    ("month", "more", "code", "words"),
    [
        ("2027-13", (), 1, 'oncall: "2027-13" is not a month; write one like "2027-01"'),
        ("January", (), 1, 'oncall: "January" is not a month; write one like "2027-01"'),
        ("2027-02", ("--rules", "uk"), 2, '"uk" is not a set of rules; write eu'),
        ("2027-02", ("--output", "pay.pdf"), 2, '"pay.pdf" should end in .csv, .xlsx or .json'),
    ],
)
def test_what_is_miswritten_is_refused(
    paying: Oncall, rates: Path, month: str, more: tuple[str, ...], code: int, words: str
) -> None:
    ran = paying("report", "pay", "--month", month, "--rates", rates, *more)
    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err


def test_without_a_publication_there_is_nothing_to_pay(oncall: Oncall, rates: Path) -> None:
    ran = oncall("report", "pay", "--month", "2027-02", "--rates", rates)
    assert ran.code == 1
    assert ran.err.endswith("oncall: nothing is published yet; publish a plan with `oncall publish`\n")


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.integers(-3000, 42_000),
            st.integers(1, 5000),
            st.sampled_from(["primary", "secondary"]),
            st.sampled_from(["ana", "ben", "chloe"]),
        ),
        max_size=12,
    )
)
def test_the_hours_are_those_of_the_schedule_minute_by_minute(
    shop: Shop, drawn: list[tuple[int, int, str, str]]
) -> None:
    schedule, policy = shop.store.read(lambda tx: (tx.schedule(), tx.policy()))
    begin, minute = at("2027-03-01 00:00"), timedelta(minutes=1)
    overrides = tuple(
        Override(number, LATER, "mei", "", Window(begin + first * minute, begin + (first + length) * minute), role, who)
        for number, (first, length, role, who) in enumerate(drawn, start=2)
    )
    schedule = replace(schedule, overrides=overrides)
    counted: Counter[tuple[str, str]] = Counter()
    # The spring change of the clock makes March an hour shorter.
    for number in range(31 * 24 * 60 - 60):
        on_call = schedule.who(begin + number * minute)
        counted.update((holder.engineer, str(on_call.window.kind)) for holder in on_call.roles.values())
    view = duty_of(schedule, policy, PagedPeople((), ()), Month(2027, 3), LATER)
    found = {
        (row["engineer"], kind): duty["seconds"] / 60
        for row in view["engineers"]
        for kind, duty in row["kinds"].items()
    }
    assert found == counted
