"""The grammar of SMS replies: which tickets a text names, and what it orders for each of them. Pure functions.

A code or id after a command (`DONE 84G H4C`), or before one (`84G is done`), belongs to that command. The code or id of
a ticket for which the person was paged acknowledges the ticket, whatever words stand around it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from oncall.paging.actions.reply_text import Said
from oncall.paging.actions.reply_words import NEGATIONS, POLITE, Clause, TicketNames, Verb, Word, read_clause, word_set
from oncall.paging.outgoing.codes import could_be_code

_WHO_IS_ON_CALL = word_set("who whos is are on call oncall duty now tonight today")
_ANYBODY = word_set("the next someone somebody anyone anybody another others other whoever")
_QUESTION_WORDS = word_set("who whos what whats why which when where how is are does did do has have can could")
_REFUSAL = re.compile(
    r"\b(?:i|we)\s+(?:really\s+|just\s+)?(?:cant|cannot|can not|wont|will not|am unable|am not able)\b"
    r"|^\W*(?:sorry\W+)?(?:cant|cannot|can not|wont|unable)\b"
    r"|\b(?:cant|cannot|can not|wont|will not)\s+(?:take|do|handle|help|ack|acknowledge|respond|look)\b"
    r"|\bnot (?:me|mine|available|my)\b|\bunavailable\b"
    r"|\bkann\b.{0,20}\bnicht\b|\bnicht ich\b|\b(?:peux|puis) pas\b|\bpas moi\b|\bno puedo\b|\byo no\b|\bnao posso\b"
    r"|\bnon posso\b|не\s+могу|不行|不能|无法|無法|無理|できない|できません|👎",
    re.IGNORECASE | re.MULTILINE,
)
"""Matches words with which a person says that they do not take a ticket."""


@dataclass(frozen=True, slots=True)
class Order:
    """One command for one ticket. word: the ticket's name in the text. ticket: its id; None: no ticket has this name.

    is_explicit: True if the text contains the command; such an order is valid for any ticket. is_paged: True if the
    person was paged for the ticket. to: for PASS, the id of the person who gets the ticket. unknown_person: for PASS, a
    name that is not on the roster.
    """

    verb: Verb
    word: str
    ticket: str | None
    is_explicit: bool
    is_paged: bool = False
    to: str | None = None
    unknown_person: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """The commands in a text. orders: at most one for each ticket, in the order of the text.

    bare: a command without a code. all: a command for all tickets. unclear: names of tickets with two different
    commands, or with a command that may belong to another ticket. unused: a command that belongs to no ticket.
    is_refusal: True if the words around the codes are a refusal. is_question: True if they are a question.
    """

    orders: tuple[Order, ...] = ()
    bare: Verb | None = None
    all: Verb | None = None
    unclear: tuple[str, ...] = ()
    unused: Verb | None = None
    is_refusal: bool = False
    is_question: bool = False


def parse_reply(said: Said, names: TicketNames) -> Reply:
    """Return the commands in a person's text. names: the tickets and people that the text may name."""
    clauses = [read_clause(clause, names) for clause in said.clauses]
    words = [word for clause in clauses for word in clause.words]
    every = next((verb for clause in clauses if (verb := clause.asks_for_all) is not None), None)
    if every is not None:
        return Reply(all=every)
    is_only_codes = all(clause.is_list for clause in clauses)
    says_no = _REFUSAL.search(said.whole) is not None
    reader = _Reader(names)
    reader.read(clauses, is_command=is_only_codes and not says_no and "?" not in said.whole)
    if not reader.orders:
        return Reply(bare=_bare(words))
    orders, unclear = _one_each(reader.orders)
    is_explicit = any(order.is_explicit for order in orders)
    asks = words[0].lower in ("who", "whos") or (
        "?" in said.whole and (is_only_codes or words[0].lower in _QUESTION_WORDS)
    )
    return Reply(
        tuple(orders),
        unclear=(*reader.unclear, *unclear),
        unused=reader.unused,
        is_refusal=not is_explicit and says_no,
        is_question=not is_explicit and asks,
    )


def _bare(words: Sequence[Word]) -> Verb | None:
    """Return the command of a text that names no ticket; None if there is none.

    Any words may follow ACK, except another command or a negation. With other commands, only polite words are allowed.
    """
    lower = [word.lower for word in words]
    if lower and lower[0] in ("who", "whos") and set(lower) <= _WHO_IS_ON_CALL:
        return Verb.WHO
    verbs = [word.verb for word in words if word.verb is not None]
    rest = {word.lower for word in words if word.verb is None}
    if words and words[0].verb is Verb.ACK and set(verbs) == {Verb.ACK} and not rest & NEGATIONS:
        return Verb.ACK
    if len(verbs) == 1 and verbs[0] is not Verb.WHO and rest <= POLITE:
        return verbs[0]
    return None


def _one_each(orders: Sequence[Order]) -> tuple[list[Order], list[str]]:
    """Return one order for each ticket, and the names of tickets that have two different explicit orders."""
    found: dict[str, Order] = {}
    unclear: list[str] = []
    for order in orders:
        key = order.ticket or order.word
        before = found.get(key)
        if before is None or (order.is_explicit and not before.is_explicit):
            found[key] = order
        elif order.is_explicit and before.is_explicit and order.verb is not before.verb:
            unclear.append(order.word)
    return list(found.values()), unclear


class _Reader:
    """Reads the orders of a text, clause by clause."""

    def __init__(self, names: TicketNames) -> None:
        self._names = names
        self.orders: list[Order] = []
        self.unclear: list[str] = []
        self.unused: Verb | None = None
        self._active: Verb | None = None
        self._begins = 0

    def read(self, clauses: Sequence[Clause], *, is_command: bool) -> None:
        """Read all clauses. is_command: True if codes alone acknowledge, as `84G` and `84G, H4C` do."""
        inherited: Verb | None = Verb.ACK if is_command else None
        for clause in clauses:
            self._active = inherited if is_command or clause.is_list else None
            self._begins = len(self.orders)
            for position in range(len(clause.words)):
                self._take(clause, position)
            if not is_command:
                last = self.orders[-1] if len(self.orders) > self._begins else None
                inherited = last.verb if last is not None and last.is_explicit else None

    def _take(self, clause: Clause, position: int) -> None:
        word = clause.words[position]
        verb = _command_at(clause, position)
        if verb is not None and self._follows_codes(clause, position):
            self._claim_before(clause, position, verb)
        elif verb is not None:
            self._active = verb
            self.unused = verb
        elif word.ticket is not None or (self._active is not None and word.looks_like_code):
            self._name(clause, position)
        elif not word.is_filler:
            self._active = None

    def _follows_codes(self, clause: Clause, position: int) -> bool:
        """Return True if the command at `position` comes after its codes, as in `84G is done`.

        The clause then begins with codes, and only fillers stand between them and the command.
        """
        first = next((word for word in clause.words if word.ticket is not None or word.verb is not None), None)
        before = next((word for word in reversed(clause.words[:position]) if not word.is_filler), None)
        if first is None or first.ticket is None or before is None or before.ticket is None:
            return False
        return len(self.orders) > self._begins and not self.orders[-1].is_explicit

    def _claim_before(self, clause: Clause, position: int, verb: Verb) -> None:
        """Apply the command at `position` to the codes before it that have no command yet."""
        self._active = None
        following = [word for word in clause.words[position + 1 :] if not word.is_filler]
        has_more_commands = any(word.verb is not None for word in following)
        if following and following[0].ticket is not None and not has_more_commands:
            # In `84G done H4C` the command may belong to either.
            self.unclear += [self.orders[-1].word, following[0].text]
            return
        to, unknown = self._person_after(clause, position) if verb is Verb.PASS else (None, None)
        for place in range(self._begins, len(self.orders)):
            order = self.orders[place]
            if not order.is_explicit:
                self.orders[place] = replace(order, verb=verb, is_explicit=True, to=to, unknown_person=unknown)

    def _name(self, clause: Clause, position: int) -> None:
        word, active = clause.words[position], self._active
        if active is None:
            if word.names_by_itself:
                self.orders.append(Order(Verb.ACK, word.text, word.ticket, False, word.is_paged))
            return
        is_known = any(order.ticket is not None for order in self.orders[self._begins :])
        if word.ticket is None and is_known and not could_be_code(word.text.upper()):
            # `ACK 84G web01 is back` names one ticket.
            self._active = None
            return
        self.unused = None
        to, unknown = self._person_after(clause, position) if active is Verb.PASS else (None, None)
        self.orders.append(Order(active, word.text, word.ticket, True, word.is_paged))
        if to is not None or unknown is not None:
            self._pass_all(to, unknown)

    def _pass_all(self, to: str | None, unknown: str | None) -> None:
        """Set the person of each PASS order in the clause without one: `PASS 84G H4C ben` passes both to Ben."""
        for place in range(self._begins, len(self.orders)):
            order = self.orders[place]
            if order.verb is Verb.PASS and order.to is None and order.unknown_person is None:
                self.orders[place] = replace(order, to=to, unknown_person=unknown)

    def _person_after(self, clause: Clause, position: int) -> tuple[str | None, str | None]:
        """Return the person in `PASS 84G ben` or `PASS 84G to Ben please`: (id, None), or (None, name).

        The name alone is returned if it is not on the roster. (None, None) if no person is named. Without `to`, the
        name must be the last word and on the roster, because other words may follow a code.
        """
        rest = [word for word in clause.words[position + 1 :] if word.lower not in POLITE]
        if not rest:
            return None, None
        if rest[0].lower not in ("to", "an", "a", "zu"):
            return (self._names.people.get(rest[0].lower) if len(rest) == 1 else None), None
        name = rest[1] if len(rest) > 1 else None
        person = self._names.people.get(name.lower) if name is not None else None
        if name is None or person is not None or rest[0].lower != "to" or name.lower in _ANYBODY:
            return person, None
        return None, name.text


def _command_at(clause: Clause, position: int) -> Verb | None:
    """Return the command at `position`; None if there is none, or if a word before it negates it.

    TAKE is a command only at the beginning of its clause.
    """
    verb, before = clause.words[position].verb, clause.words[:position]
    if verb is None or verb is Verb.WHO:
        return None
    if any(word.lower in NEGATIONS for word in before[-3:] if word.ticket is None):
        return None
    if verb is Verb.TAKE and any(word.lower not in POLITE for word in before):
        return None
    return verb
