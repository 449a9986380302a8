"""Carries out a caller's request about swaps and absences: checks that it is allowed, does it, and tells the people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from oncall.paging.actions.caller_actions import NotAllowed
from oncall.paging.outgoing.schedule_notices import ScheduleNotices
from oncall.planning.posted.carry_out import Actor, CarriedOut, refuse_others, tell_of_version, told_of
from oncall.planning.posted.posted_swaps import AwayPosted, SwapPosted
from oncall.planning.published.schedule_version import ScheduleTransaction
from oncall.planning.swaps.ask_to_swap import SwapTransaction, ask_to_swap, swap_at_once
from oncall.planning.swaps.away import AwayMade, AwayPlan, AwaySituation, enter_away, plan_away, read_for_away
from oncall.planning.swaps.swap_answers import Answerer, accept_swap, decline_swap, tell_accepted, withdraw_swap
from oncall.planning.swaps.swap_notes import NoteTimes
from oncall.schedule.swap_requests import SwapRequest

REPAIR_TIME = timedelta(seconds=10)
"""How long a search for covers may take (wall time). It is below the 15 seconds that a terminal waits for a server."""


class SwapAnswer(StrEnum):
    """What an engineer can do with a request to swap. The API's paths and the commands use these names."""

    ACCEPT = "accept"
    DECLINE = "decline"
    WITHDRAW = "withdraw"


class SwapDesk(SwapTransaction, ScheduleNotices, Protocol):
    """The database queries for swaps and absences, and for notices to the people concerned."""


@dataclass(frozen=True, slots=True)
class SwapDone:
    """A request to swap in its present state. carried: the change that it caused; None if it caused none."""

    request: SwapRequest
    carried: CarriedOut | None = None


@dataclass(frozen=True, slots=True)
class AwayDone:
    """An absence that was entered. told: the ids of the engineers who get an SMS about it."""

    made: AwayMade
    told: tuple[str, ...]


def carry_out_swap(tx: SwapDesk, posted: SwapPosted, actor: Actor, times: NoteTimes) -> SwapDone | CarriedOut:
    """Ask for a swap, or make it at once if both engineers have agreed.

    An engineer's token may only give away its own engineer's shifts, and only by asking. Raises NotAllowed, and the
    errors of `ask_to_swap`.
    """
    refuse_others(tx, actor, posted.asked.engineer, "swaps the shifts of {} alone")
    if posted.is_agreed and actor.is_limited:
        name = tx.schedule().name_of(posted.asked.other or "")
        raise NotAllowed(
            f"this token asks {posted.asked.other} for the swap; only a manager makes it at once",
            on_page=f"only a manager makes a swap at once; ask {name} for it instead",
        )
    author, terms = actor.author(posted.reason), actor.terms(is_forced=posted.is_forced)
    if not posted.is_agreed:
        return SwapDone(ask_to_swap(tx, posted.asked, author, terms, times))
    if not posted.reason:
        author = actor.author(f"{posted.asked.engineer} and {posted.asked.other} agreed to swap")
    return told_of(tx, swap_at_once(tx, posted.asked, author, terms), actor)


def carry_out_answer(tx: SwapDesk, code: str, answer: SwapAnswer, actor: Actor, times: NoteTimes) -> SwapDone:
    """Accept, decline or withdraw a request to swap. Raises NotAllowed, and the errors of `accept_swap`."""
    refuse_others(tx, actor, actor.by, "answers for {} alone")
    answerer = Answerer(actor.by, actor.context.now, may_answer_for_others=not actor.is_limited)
    if answer is SwapAnswer.DECLINE:
        return SwapDone(decline_swap(tx, code, answerer, times))
    if answer is SwapAnswer.WITHDRAW:
        return SwapDone(withdraw_swap(tx, code, answerer, times))
    request, made = accept_swap(tx, code, answerer, times)
    carried = told_of(tx, made, actor) if made is not None else None
    if carried is None or request.engineer not in carried.told:
        tell_accepted(tx, request, answerer, times)
    return SwapDone(request, carried)


def read_away(tx: ScheduleTransaction, posted: AwayPosted, actor: Actor) -> AwaySituation:
    """Return the facts needed to find covers for an absence. Raises NotAllowed, and the errors of `read_for_away`.

    An engineer may only enter their own absences, and only ask other engineers to cover.
    """
    refuse_others(tx, actor, posted.asked.engineer, "enters the absences of {} alone")
    if posted.is_agreed and actor.is_limited:
        raise NotAllowed("this token asks for the covers; only a manager makes them at once")
    return read_for_away(tx, posted.asked, actor.author(posted.reason))


def covers_for(situation: AwaySituation, actor: Actor) -> AwayPlan:
    """Find covers for an absence. May take seconds, so call it outside a transaction.

    Raises Refused like `plan_away`.
    """
    return plan_away(situation, actor.context.now, time_limit=REPAIR_TIME)


def carry_out_away(tx: SwapDesk, plan: AwayPlan, posted: AwayPosted, actor: Actor, times: NoteTimes) -> AwayDone:
    """Enter an absence with the covers that were found. Raises the errors of `enter_away`."""
    author, terms = actor.author(posted.reason), actor.terms(is_forced=False)
    made = enter_away(tx, plan, author, times, is_agreed=posted.is_agreed, terms=terms)
    return AwayDone(made, tell_of_version(tx, made.version, actor.context))
