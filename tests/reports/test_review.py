"""The quarterly business review: the customer's quarter beside the quarter before."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.errors import NotFound, Refused
from oncall.reports.quarter import Quarter, quarter_of

from .shop import NEW_YORK, Shop

KEPT = "3 acknowledged, 20 replied, 90 updated, 150 resolved"


def test_a_week_holds_its_tickets_by_impact(shop: Shop) -> None:
    shop.ticket("T-1", "2027-01-03 23:59", KEPT)
    shop.ticket("T-2", "2027-01-04 00:00", KEPT)
    shop.ticket("T-3", "2027-01-10 23:59", KEPT, impact="low")
    weeks = shop.review().now.weeks
    assert [(week.first_day, week.tickets) for week in weeks[:3]] == [
        (date(2027, 1, 1), {"urgent": 1}),
        (date(2027, 1, 4), {"urgent": 1, "low": 1}),
        (date(2027, 1, 11), {}),
    ]
    assert sum(week.total for week in weeks) == 3
    assert weeks[-1].first_day == date(2027, 3, 29)


def test_the_quarter_before_is_measured_too_and_other_customers_are_not(shop: Shop) -> None:
    shop.ticket("T-1", "2027-03-31 23:59", KEPT)
    shop.ticket("T-2", "2027-04-01 00:00", KEPT)
    shop.ticket("T-3", "2027-04-02 00:00", KEPT, customer="Zenith")
    review = shop.review("2027Q2")
    assert (review.now.tickets, review.before.tickets) == (1, 1)
    assert (str(review.now.quarter), str(review.before.quarter)) == ("2027Q2", "2027Q1")


def test_the_slowest_answers_are_those_that_took_most_of_their_target(shop: Shop) -> None:
    shop.ticket("half", "2027-01-09 03:00", "3 acknowledged, 30 replied, 40 resolved")
    shop.ticket("late", "2027-01-09 03:00", "3 acknowledged, 90 replied, 100 resolved")
    shop.ticket("quick", "2027-01-09 03:00", "3 acknowledged, 6 replied, 40 resolved")
    slowest = shop.review().now.slowest
    assert [(slow.ticket.id, slow.share) for slow in slowest] == [("late", 1.5), ("half", 0.5), ("quick", 0.1)]
    assert slowest[0].solved_after == timedelta(minutes=100)


def test_on_call_response_counts_from_the_first_page_to_a_person(shop: Shop) -> None:
    shop.ticket("night", "2027-01-09 03:00", "7 acknowledged, 9 replied, 40 resolved")
    shop.ticket("escalated", "2027-01-10 03:00", "12 acknowledged by ben, 14 replied by ben, 40 resolved")
    shop.ticket("managed", "2027-01-10 05:00", "21 acknowledged by mei, 22 replied by mei, 40 resolved")
    shop.ticket("desk", "2027-01-11 10:00", "2 acknowledged by desk, 9 replied by desk, 40 resolved")
    shop.ticket("low", "2027-01-10 03:00", impact="low")
    response = shop.review().now.response
    assert (response.paged, response.answered, response.escalated, response.manager) == (3, 3, 2, 1)
    assert response.taken is not None
    assert (response.taken.p50, response.slowest) == (timedelta(minutes=12), timedelta(minutes=21))


def test_a_customer_of_whom_nobody_has_heard_is_refused_and_a_near_name_is_offered(shop: Shop) -> None:
    shop.ticket("T-1", "2027-01-09 03:12", KEPT)
    with pytest.raises(NotFound) as caught:
        shop.review(customer="Acme Limited")
    assert str(caught.value) == (
        '"Acme Limited" is not a customer of any ticket or of the policy; did you mean "Acme Ltd"?'
    )
    with pytest.raises(NotFound) as caught:
        shop.review(customer="Quux")
    assert str(caught.value) == '"Quux" is not a customer of any ticket or of the policy; known are "Acme Ltd"'


def test_a_duplicate_counts_as_merged_and_not_as_solved(shop: Shop) -> None:
    shop.ticket("T-1", "2027-01-09 03:12", "3 acknowledged")
    shop.ticket("T-2", "2027-01-09 03:14")
    shop.merge("T-2", into="T-1", when="2027-01-09 03:20")
    shop.tell("T-1", "resolved", when="2027-01-09 05:42")
    facts = shop.review().now
    assert (facts.tickets, facts.resolved, facts.merged) == (2, 1, 1)
    assert facts.solved is not None
    assert facts.solved.p95 == timedelta(minutes=150)


@pytest.mark.parametrize("text", ["2027Q1", "2027-q1", " 2027 Q1 "])
def test_a_quarter_is_written_as_people_write_it(text: str) -> None:
    assert quarter_of(text) == Quarter(2027, 1)


@pytest.mark.parametrize("text", ["2027Q5", "Q1", "27Q1", "0001Q1", "2027"])
def test_anything_else_is_no_quarter(text: str) -> None:
    with pytest.raises(Refused) as caught:
        quarter_of(text)
    assert str(caught.value) == f'"{text}" is not a quarter; write "2027Q1"'


@given(st.integers(1980, 2180), st.integers(1, 4))
def test_quarters_follow_each_other_without_a_gap(year: int, number: int) -> None:
    quarter = Quarter(year, number)
    assert quarter.next.before == quarter
    assert quarter.days(NEW_YORK).window.end == quarter.next.days(NEW_YORK).window.start
    assert quarter.days(NEW_YORK).last + timedelta(days=1) == quarter.next.first_day
