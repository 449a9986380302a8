"""Carries out answers by SMS to requests to swap, for `paging.actions.swap_replies`."""

from __future__ import annotations

from oncall.paging.actions.swap_replies import AnswerSwap
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.ports.time_source import Clock
from oncall.planning.posted.carry_out import Actor
from oncall.planning.posted.carry_out_swaps import SwapAnswer, SwapDesk, carry_out_answer
from oncall.planning.swaps.swap_notes import note_times
from oncall.planning.swaps.swap_texts import SwapWords
from oncall.schedule.swap_requests import SwapRequest, SwapState
from oncall.schedule.versions import Person


def answering_swaps(tx: SwapDesk, clock: Clock) -> AnswerSwap:
    """Return the function that carries out `YES CODE` and `NO CODE` in this transaction.

    `NO CODE` from the engineer who asked for the swap withdraws the request.
    """

    def answer(request: SwapRequest, person: Person, says_yes: bool, context: ActionContext) -> str:
        actor = Actor(person.id, context, is_limited=not _is_manager(tx, person, context))
        is_own = person.id == request.engineer and person.id != request.other
        no = SwapAnswer.WITHDRAW if is_own else SwapAnswer.DECLINE
        done = carry_out_answer(tx, request.code, SwapAnswer.ACCEPT if says_yes else no, actor, note_times(clock))
        return _told(tx, done.request)

    return answer


def _is_manager(tx: SwapDesk, person: Person, context: ActionContext) -> bool:
    manager = tx.schedule().manager_at(context.now)
    return manager is not None and manager.id == person.id


def _told(tx: SwapDesk, request: SwapRequest) -> str:
    words = SwapWords(tx.schedule(), tx.policy())
    match request.state:
        case SwapState.ACCEPTED:
            gained = [move for move in request.moves if move.taker == request.other]
            return f"Swap {request.code} is made: {words.name(request.other)} is {words.shifts(gained)}."
        case SwapState.AGREED:
            return f"Thank you. Swap {request.code} holds as soon as the other covers are agreed, too."
        case state:
            return f"Swap {request.code} is {state.value}. Nothing changes."
