"""Answers by SMS to requests to swap a shift: `YES CODE` and `NO CODE`.

An answer needs YES or NO, and the code. The phone company itself answers a text with only YES (it takes it for START),
and a text with only a code may be a mistake.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from oncall.errors import Conflict, NotFound, Refused
from oncall.paging.actions.reply_answers import SmsAnswer
from oncall.paging.actions.reply_text import said_in
from oncall.paging.actions.reply_words import FILLERS, POLITE, word_set
from oncall.paging.outgoing.codes import LONGEST, SHORTEST, could_be_code
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.ports.swap_store import SwapRequests
from oncall.schedule.swap_requests import SwapRequest
from oncall.schedule.versions import Person

_YES = word_set("yes y yep yeah si oui ja")
_NO = word_set("no n nope nein non")
_AROUND = POLITE | FILLERS | word_set("swap i me to my sure fine hi hello")
_GLUED = re.compile(r"^(YES|NO)([A-Z0-9]{4,8})$")
_MOST_CODES = 5
"""The most words of one text that are looked up as codes of requests."""

AnswerSwap = Callable[[SwapRequest, Person, bool, ActionContext], str]
"""A function that carries out the answer to a request: True accepts it, False declines it. It returns a sentence for
the person. It may raise Refused, NotFound or Conflict, and then has changed nothing."""


def swap_reply(
    tx: SwapRequests, person: Person, body: str, context: ActionContext, answer_swap: AnswerSwap | None
) -> SmsAnswer | None:
    """Carry out the answer that a text gives to a request to swap. Returns the SMS to send.

    None if the text names no request to or from this person. answer_swap: None if this process answers no requests.
    """
    if answer_swap is None:
        return None
    words = _words(said_in(body).whole)
    codes = list(dict.fromkeys(word for word in words if _may_be_code(word)))[:_MOST_CODES]
    found = (tx.swap(code) for code in codes)
    mine = [each for each in found if each is not None and person.id in (each.other, each.engineer)]
    if not mine:
        return None
    request, says = mine[0], _answer_in(words, mine[0].code)
    if len(mine) > 1 or says is None or len(codes) > 1:
        return SmsAnswer(f"NOT answered. {what_to_reply(request.code)}")
    try:
        return SmsAnswer(answer_swap(request, person, says, context), parts=2, is_helpful=True)
    except (Refused, NotFound, Conflict) as refusal:
        return SmsAnswer(f"NOT swapped: {refusal}.", parts=2)


def what_to_reply(code: str) -> str:
    """Return the sentence that says how to answer a request by SMS."""
    return f"Reply YES {code} to accept or NO {code} to decline."


def _words(text: str) -> list[str]:
    """Return the words of a text in capitals. `YES7K2F` counts as two words."""
    words: list[str] = []
    for word in re.findall(r"[A-Za-z0-9]+", text):
        glued = _GLUED.match(word.upper())
        words += glued.groups() if glued is not None else [word.upper()]
    return words


def _may_be_code(word: str) -> bool:
    """Return True if a request may have this code.

    Codes of requests have at least one character more than the shortest code.
    """
    return SHORTEST < len(word) <= LONGEST and could_be_code(word)


def _answer_in(words: list[str], code: str) -> bool | None:
    """Return True for yes and False for no; None if the words around the code do not clearly say one of them."""
    rest = {word.lower() for word in words if word != code}
    says_yes, says_no = bool(rest & _YES), bool(rest & _NO)
    if says_yes == says_no or rest - _YES - _NO - _AROUND:
        return None
    return says_yes
