"""Copies of a ticket's messages for account managers and for the people of the desk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from oncall.paging.actions.field_faults import FieldFaults
from oncall.paging.domain.events import EventKind
from oncall.support.policy_file import packaged_policy_text
from tests.paging.world import MONDAY_MORNING, World

CUSTOMERS = """\
customers:
  - {name: Acme Ltd, plan: business-critical, account_manager: hugo}
  - {name: Beta Inc, plan: standard, account_manager: hugo}
"""
POLICY = packaged_policy_text() + "\nchannels: {desk: {notify: [mei]}}\ncustomers: customers.yaml\n"


@pytest.fixture
def known(tmp_path: Path) -> Iterator[World]:
    """The usual world with a customers file; hugo is the account manager of both, and mei gets the desk's messages."""
    world = World(tmp_path)
    world.publish(policy=POLICY, customers=CUSTOMERS)
    yield world
    world.close()


def test_the_account_manager_of_a_business_critical_customer_is_copied_on_the_first_page(known: World) -> None:
    known.post(plan="business-critical")
    known.run()
    told = {message.to: message.body for message in known.phones.sent}
    assert told["hugo"] == "URGENT T-1 Acme Ltd (BC) was paged to Ana Pereira. Sessions do not start"
    for _ in range(2):
        known.expect_page(known.unread()[0].to)
    known.act(EventKind.REPLIED, "ana")
    known.act(EventKind.RESOLVED, "ana")


def test_the_account_manager_hears_too_when_the_desk_had_the_ticket_first(known: World) -> None:
    known.clock.moment = MONDAY_MORNING
    known.post(plan="business-critical")
    known.advance(timedelta(minutes=15))
    told = [(message.to, message.body) for message in known.phones.sent]
    assert ("hugo", "URGENT T-1 Acme Ltd (BC) was paged to Ana Pereira. Sessions do not start") in told
    known.expect_pages("mei", "ana", "hugo")
    known.act(EventKind.REPLIED, "ana")
    known.act(EventKind.RESOLVED, "ana")


def test_a_standard_customer_s_account_manager_sleeps(known: World) -> None:
    known.post(customer="Beta Inc")
    known.run()
    known.expect_page("ana")
    known.act(EventKind.RESOLVED, "ana")


def test_the_people_of_the_desk_are_told_of_what_comes_to_it(known: World) -> None:
    known.clock.moment = MONDAY_MORNING
    known.post(customer="Beta Inc", impact="low")
    known.run()
    message = known.expect_page("mei")
    assert message.body == "LOW T-1 Beta Inc (STD) came to the desk. Sessions do not start"
    known.act(EventKind.RESOLVED, "ana")


def test_a_ticket_that_names_no_plan_gets_that_of_its_customer(known: World) -> None:
    known.post(customer="ACME, Ltd.", plan=None, impact="low")
    assert known.ticket().ticket.plan == "business-critical"


def test_the_plan_that_a_ticket_names_wins(known: World) -> None:
    known.post(plan="standard", impact="low")
    assert known.ticket().ticket.plan == "standard"


def test_a_stranger_without_a_plan_is_refused(known: World) -> None:
    with pytest.raises(FieldFaults) as refused:
        known.post(customer="Gamma", plan=None)
    assert str(refused.value) == "plan: missing"
