"""A rehearsal's tickets come from a file, with all faults told at once, or are drawn at a rate."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.errors import FileFaults, Refused
from oncall.rehearsal.arrivals import made_up, rate_of, read_tickets
from oncall.support.calendar import calendar_of
from oncall.support.holidays import public_holidays
from oncall.support.policy import Customer
from oncall.support.policy_file import packaged_policy
from oncall.support.windows import Window, WindowKind

from .team import at

POLICY = packaged_policy()
CALENDAR = calendar_of(POLICY, public_holidays("US"))
YEAR = Window(at("2027-01-04"), at("2028-01-03"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "tickets.csv"


def test_a_file_gives_its_tickets_in_order_of_time(file: Path) -> None:
    file.write_text(
        "customer,at,plan,impact,subject,colour\n"
        "Zenith,2027-01-09T03:12,Business Critical,critical,Nothing starts,red\n"
        'Acme,2027-01-09T08:00:30+00:00,standard,HIGH,"Slow, very",blue\n',
        encoding="utf-8",
    )
    found = [(one.at, one.ticket) for one in read_tickets(file, POLICY)]
    assert [(when, t.id, t.customer, t.plan, t.impact, t.subject) for when, t in found] == [
        (at("2027-01-09 03:00:30"), "L-3", "Acme", "standard", "high", "Slow, very"),
        (at("2027-01-09 03:12"), "L-2", "Zenith", "business-critical", "urgent", "Nothing starts"),
    ]


def test_every_fault_of_a_file_is_told_at_once_with_its_line(file: Path) -> None:
    file.write_text(
        "at,customer,plan,impact\n"
        "yesterday,Acme,standard,urgent\n"
        "2027-01-09T03:12,,gold,urgent\n"
        "2027-01-09T03:13,Acme,standard,loud\n",
        encoding="utf-8",
    )
    with pytest.raises(FileFaults) as caught:
        read_tickets(file, POLICY)
    assert str(caught.value).splitlines() == [
        f'{file}:2:1: at: "yesterday" is not a time; write "2027-01-09T03:12" or "2027-01-09T03:12-05:00"',
        f"{file}:3:1: customer: is empty",
        f'{file}:3:1: plan: "gold" is not a plan of the policy; write "standard" or "business-critical"',
        f'{file}:4:1: impact: "loud" is not an impact of the policy; write "urgent", "high", "normal" or "low"',
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("at,customer\n", ':1:1: the header lacks plan, impact; write "at,customer,plan,impact"'),
        ("", ':1:1: the header lacks at, customer, plan, impact; write "at,customer,plan,impact"'),
        (
            "at;customer;plan;impact\n",
            ":1:1: the header lacks at, customer, plan, impact; separate the columns with commas, not semicolons: "
            'write "at,customer,plan,impact"',
        ),
        ("at,customer,plan,impact\n", ":1:1: holds no ticket; write one a line below the header"),
        ('at,customer,plan,impact\n"x" y,a,b,c\n', ":2:1: is not CSV: ',' expected after '\"'"),
    ],
)
def test_a_file_that_is_no_list_of_tickets_is_refused(file: Path, text: str, words: str) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(FileFaults) as caught:
        read_tickets(file, POLICY)
    assert str(caught.value) == f"{file}{words}"


def test_cells_that_stand_in_the_wrong_column_and_empty_ones_are_told(file: Path) -> None:
    file.write_text(
        "at,customer,plan,impact,subject\n"
        "2027-01-09T03:12,Acme,standard,low,Slow, and slower\n"
        "2027-01-09T03:12,Acme,,\n"
    )
    with pytest.raises(FileFaults) as caught:
        read_tickets(file, POLICY)
    assert str(caught.value).splitlines() == [
        f"{file}:2:1: has more cells than the header has columns; put a text that holds a comma in quotes",
        f"{file}:3:1: impact: is empty; write one of urgent, high, normal, low",
        f"{file}:3:1: plan: is empty; write one of standard, business-critical",
    ]


def test_an_empty_plan_is_the_one_that_the_customer_bought(file: Path) -> None:
    policy = replace(POLICY, customers=(Customer("Acme Ltd", "business-critical"),))
    file.write_text("at,customer,plan,impact\n2027-01-09T03:12,ACME Ltd.,,low\n")
    assert [one.ticket.plan for one in read_tickets(file, policy)] == ["business-critical"]


def test_a_file_that_is_not_there_is_refused(file: Path) -> None:
    with pytest.raises(FileFaults) as caught:
        read_tickets(file, POLICY)
    assert str(caught.value) == f"{file}: cannot be read: No such file or directory"


def test_a_file_in_another_encoding_is_refused(file: Path) -> None:
    file.write_bytes(b"at,customer,plan,impact\n2027-01-09T03:12,Caf\xe9,standard,low\n")
    with pytest.raises(FileFaults) as caught:
        read_tickets(file, POLICY)
    assert str(caught.value) == f"{file}: byte 44 is not UTF-8; save it as UTF-8"


@pytest.mark.parametrize(
    ("text", "count", "per"),
    [
        ("40/day", 40, timedelta(days=1)),
        ("200 / Week", 200, timedelta(weeks=1)),
        ("10,000/year", 10_000, timedelta(days=365.2425)),
        ("1.5/month", 1.5, timedelta(days=365.2425) / 12),
    ],
)
def test_a_rate_is_written_as_people_write_it(text: str, count: float, per: timedelta) -> None:
    rate = rate_of(text)
    assert (rate.count, rate.per) == (count, per)


@pytest.mark.parametrize("text", ["many", "10/hour", "-3/day", "/day", "1e9/day"])
def test_anything_else_is_no_rate(text: str) -> None:
    with pytest.raises(Refused) as caught:
        rate_of(text)
    assert str(caught.value) == f'"{text}" is not a rate; write "10000/year", "200/week" or "40/day"'


def test_a_rate_that_makes_no_ticket_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        made_up(rate_of("0/day"), YEAR, POLICY, CALENDAR, seed=0)
    assert str(caught.value) == "the rate makes 0 tickets in that time; a rehearsal takes 1 to 2,000,000"


def test_made_up_tickets_come_mostly_in_business_hours_and_are_seldom_urgent() -> None:
    tickets = made_up(rate_of("10000/year"), YEAR, POLICY, CALENDAR, seed=0)
    assert len(tickets) == 9966
    in_business = sum(CALENDAR.window_at(one.at).kind is WindowKind.BUSINESS for one in tickets) / len(tickets)
    assert 0.68 < in_business < 0.75
    impacts = Counter(one.ticket.impact for one in tickets)
    assert 0.04 < impacts["urgent"] / len(tickets) < 0.06
    plans = Counter(one.ticket.plan for one in tickets)
    assert 0.73 < plans["standard"] / len(tickets) < 0.77


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.integers(1, 300), st.integers(0, 2**31 - 1), st.integers(1, 60))
def test_one_seed_makes_one_list_in_order_within_its_time(count: int, seed: int, days: int) -> None:
    span = Window(YEAR.start, YEAR.start + timedelta(days=days))
    rate = rate_of(f"{count}/day")
    tickets = made_up(rate, span, POLICY, CALENDAR, seed=seed)
    assert tickets == made_up(rate, span, POLICY, CALENDAR, seed=seed)
    assert len(tickets) == count * days
    assert [one.at for one in tickets] == sorted(one.at for one in tickets)
    assert all(one.at in span for one in tickets)
    assert len({one.ticket.id for one in tickets}) == len(tickets)
