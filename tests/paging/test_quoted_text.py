"""The part of a caller's text that a refusal quotes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from oncall.errors import NotFound, OncallError
from oncall.paging.actions.record_action import record
from oncall.paging.actions.ticket_action import TicketAction
from oncall.paging.actions.ticket_references import find_ticket
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.quoted_text import LONGEST_QUOTE, quoted
from oncall.paging.domain.verdict import impact_named, plan_named
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.support.policy import Policy
from oncall.support.policy_file import packaged_policy
from tests.paging.world import World

TOO_LONG = "T" * 41


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("T-1", '"T-1"'),
        (" a\tb\n", '"a b"'),
        ("\ud800gold", '"?gold"'),
        ("x" * LONGEST_QUOTE, f'"{"x" * LONGEST_QUOTE}"'),
        ("x" * 1234, f'"{"x" * LONGEST_QUOTE}..." (1,234 characters)'),
    ],
)
def test_a_quote_is_whole_unless_it_is_very_long_and_then_says_so(text: str, expected: str) -> None:
    assert quoted(text) == expected


def test_a_ticket_id_that_is_too_long_is_shown_whole_when_no_ticket_has_it(world: World) -> None:
    with pytest.raises(NotFound) as refused:
        world.store.read(lambda tx: find_ticket(tx, TOO_LONG))
    assert f'"{TOO_LONG}"' in str(refused.value)


def test_names_of_41_letters_are_shown_whole_by_every_refusal_of_an_event(world: World) -> None:
    world.post()
    world.run()
    world.expect_page("ana")
    now = world.clock.now()
    actions = [
        TicketAction(EventKind.ACKNOWLEDGED, TOO_LONG, now),
        TicketAction(EventKind.MERGED, "ana", now, into=TOO_LONG),
        TicketAction(EventKind.IMPACT_CHANGED, "ana", now, impact=TOO_LONG),
    ]
    for action in actions:
        context = ActionContext("zendesk", now, world.clock.real_now())
        with pytest.raises(OncallError) as refused:
            world.store.write(partial(record, ticket_id="T-1", action=action, context=context))
        assert f'"{TOO_LONG}"' in str(refused.value)


@pytest.mark.parametrize("named", [plan_named, impact_named])
def test_a_plan_and_an_impact_of_41_letters_are_shown_whole(named: Callable[[str, Policy], object]) -> None:
    with pytest.raises(OncallError) as refused:
        named(TOO_LONG, packaged_policy())
    assert f'"{TOO_LONG}"' in str(refused.value)
