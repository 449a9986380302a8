"""Carries out an SMS reply and answers it. `reply_grammar` reads the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from oncall.errors import NotFound, Refused
from oncall.paging.actions.bare_replies import last_page, why_not
from oncall.paging.actions.consequences import ActionResult
from oncall.paging.actions.ready_reply import ready_reply
from oncall.paging.actions.record_action import record_on
from oncall.paging.actions.reply_answers import (
    HELP,
    LONGEST_ANSWER,
    NOT_ACKNOWLEDGED,
    REMEMBERED_FOR,
    SmsAnswer,
    ambiguous_words,
    on_call_words,
    over_words,
    still_open,
    taken_words,
    what_to_send,
)
from oncall.paging.actions.reply_grammar import Order, Reply, parse_reply
from oncall.paging.actions.reply_text import said_in
from oncall.paging.actions.reply_words import TicketNames, Verb
from oncall.paging.actions.swap_replies import AnswerSwap, swap_reply
from oncall.paging.actions.ticket_action import TicketAction
from oncall.paging.actions.ticket_references import open_tickets_named
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.reachability import Reach
from oncall.paging.domain.ticket import Attempt, StoredTicket, TicketStatus
from oncall.paging.outgoing.messages import fitting
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.outgoing.opt_out import START_WORDS, STOP_WORDS, note_opting, opting
from oncall.paging.outgoing.sms_encoding import fitted, plain
from oncall.paging.outgoing.ticket_work import TicketWork
from oncall.paging.ports.records import InboundMessage
from oncall.paging.ports.store import ReplyStore
from oncall.schedule.versions import Person

CARRIER_WORDS = STOP_WORDS | START_WORDS | {"HELP", "INFO"}
"""Words to which the phone company reacts and which it answers itself. They are never commands of ours."""
_ANSWERED_ALL_THE_SAME = "YES"
"""A word of the phone company (it means START) with which engineers also reply to a page. If an open ticket has paged
the person, the answer says that YES acknowledges nothing."""
MOST_UNHELPFUL = 3
"""How many texts without effect of one person are answered within UNHELPFUL_WITHIN (policy time). Later ones get no
answer, so that we and a phone that answers automatically do not write to each other for ever."""
UNHELPFUL_WITHIN = timedelta(minutes=10)
_MOST_LOOKUPS = 50
"""The most words of one text that are looked up as codes or ids of tickets for which its sender was not paged."""

_ACTIONS = {
    Verb.ACK: EventKind.ACKNOWLEDGED,
    Verb.TAKE: EventKind.ACKNOWLEDGED,
    Verb.PASS: EventKind.PASSED,
    Verb.DONE: EventKind.RESOLVED,
}


def answer_sms(
    tx: ReplyStore,
    *,
    phone: str,
    body: str,
    provider_id: str,
    context: ActionContext,
    opt_out: str | None = None,
    answer_swap: AnswerSwap | None = None,
) -> SmsAnswer:
    """Carry out the commands in an authentic SMS from `phone` (E.164). Returns the answer to send.

    A repeated `provider_id` changes nothing and gets the same answer again. A number that is on no roster changes
    nothing and gets no answer. Words that the phone company answers itself get no answer either; STOP and START
    record an opt-out and its end. opt_out: how the provider classified the text, if it did. answer_swap: answers a
    request to swap; None: no text does.
    """
    person = tx.schedule().person_with_phone(phone)
    if person is None:
        return SmsAnswer("", is_from_stranger=True)
    before = tx.inbound(provider_id)
    if before is not None:
        return SmsAnswer(before.answer)
    context = replace(context, by=person.id, is_answered=True)
    word = plain(body).strip(" .!").upper()
    reach = opting(body, opt_out)
    if reach is not None:
        note_opting(tx, person, reach, why="sent STOP" if reach is Reach.OPTED_OUT else "sent START", context=context)
    replies = _Replies(tx, person, context)
    if word == _ANSWERED_ALL_THE_SAME and replies.waiting:
        answer = replies.nothing_done()
    elif reach is not None or opt_out or plain(body).strip().upper() in CARRIER_WORDS:
        answer = SmsAnswer("")
    else:
        answer = (
            ready_reply(tx, phone, body, context, replies.waiting)
            or swap_reply(tx, person, body, context, answer_swap)
            or replies.answer(body)
        )
    answer = replace(answer, text=fitted(answer.text, answer.parts), by=person.id)
    is_unhelpful = bool(answer.text) and not answer.is_helpful
    since = context.now - UNHELPFUL_WITHIN
    if is_unhelpful and tx.unhelpful_count(person.id, since=since, most=MOST_UNHELPFUL) >= MOST_UNHELPFUL:
        answer = replace(answer, text="", is_silenced=True)
    tx.add_inbound(InboundMessage(provider_id, context.now, person.id, body[:1600], answer.text, is_unhelpful))
    return answer


@dataclass(slots=True)
class _Outcome:
    """The outcome of the orders in one text.

    done: ids of the tickets of the orders that were tried. taken: tickets that the text acknowledged. refusals: reasons
    why orders did nothing.
    """

    done: set[str] = field(default_factory=set)
    taken: list[StoredTicket] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    attempts: tuple[Attempt, ...] = ()
    waited: tuple[timedelta, ...] = ()
    has_changed: bool = False
    """True if one of the orders changed its ticket."""


class _Replies:
    """Carries out the replies of one person in one transaction."""

    def __init__(self, tx: ReplyStore, person: Person, context: ActionContext) -> None:
        self._tx, self._person, self._context = tx, person, context
        found = (tx.ticket(ticket_id) for ticket_id in tx.paged_tickets(person.id))
        self._paged = [stored for stored in found if stored is not None]
        self._lookups = 0

    @property
    def waiting(self) -> list[StoredTicket]:
        """Return the open tickets for which the person was paged, the ticket of the latest page first."""
        return [stored for stored in self._paged if stored.status is TicketStatus.OPEN]

    def nothing_done(self, why: str = "") -> SmsAnswer:
        """Return the answer to a text that acknowledges nothing, with the reason `why` and what to send instead."""
        reason = f": {why}." if why else "."
        text = f"{NOT_ACKNOWLEDGED}{reason}"
        return SmsAnswer(f"{text} {what_to_send(self.waiting, used=len(text) + 1)}")

    def answer(self, body: str) -> SmsAnswer:
        """Carry out the commands in a text. Returns the answer."""
        said = said_in(body)
        if said.is_reaction:
            # A reaction needs no answer if no ticket waits for the person.
            return self.nothing_done() if self.waiting else SmsAnswer("")
        reply = parse_reply(said, self._names())
        if reply.all is not None:
            return self._all(reply.all)
        if reply.bare is not None:
            return self._bare(reply.bare)
        if not reply.orders:
            return self.nothing_done()
        return self._orders(reply)

    def _names(self) -> TicketNames:
        paged: dict[str, str] = {}
        for stored in reversed(self._paged):
            name = stored.ticket.id
            paged |= {name.upper(): name, name: name}
        paged |= {stored.code: stored.ticket.id for stored in self._paged}
        people = self._tx.schedule().people
        by_first_name: dict[str, list[str]] = {}
        for person in people.values():
            by_first_name.setdefault(plain(person.name).partition(" ")[0].lower(), []).append(person.id)
        named = {first: found[0] for first, found in by_first_name.items() if len(found) == 1}
        return TicketNames(paged, self._other, named | {name.lower(): name for name in people})

    def _other(self, text: str) -> str | None:
        """Return the id of the ticket with this id or code, or lately with this code; None if there is none."""
        self._lookups += 1
        if self._lookups > _MOST_LOOKUPS:
            return None
        tx, code = self._tx, text.upper()
        since = self._context.now - REMEMBERED_FOR
        named = open_tickets_named(tx, text)
        found = named[0] if named else tx.ticket(text) or tx.ticket(code) or tx.resolved_by_code(code, since=since)
        return found.ticket.id if found is not None else None

    def _all(self, verb: Verb) -> SmsAnswer:
        if verb is not Verb.ACK:
            return self.nothing_done(f"{verb} ALL is not possible")
        if not self.waiting:
            return self.nothing_done()
        outcome = _Outcome()
        for stored in self.waiting:
            self._do(Order(Verb.ACK, stored.code, stored.ticket.id, is_explicit=True), stored, outcome)
        return self._told(outcome, parts=3)

    def _bare(self, verb: Verb) -> SmsAnswer:
        if verb is Verb.WHO:
            return self._who()
        if not self._paged:
            return self.nothing_done()
        last = last_page(self._tx, self._person.id, self._context.now)
        stored = self._tx.ticket(last.ticket) if last is not None else None
        mine = [one for one in self._paged if one.owner == self._person.id]
        why = why_not(self._tx, verb, stored, mine, self._person.id)
        if stored is None or why is not None:
            return self.nothing_done(why or "")
        outcome = _Outcome()
        self._do(Order(verb, stored.code, stored.ticket.id, is_explicit=True), stored, outcome)
        return self._told(outcome)

    def _orders(self, reply: Reply) -> SmsAnswer:
        if reply.unclear:
            words = " ".join(dict.fromkeys(reply.unclear))
            return self.nothing_done(f"it is not clear what to do with {words}; send each command with its codes")
        theirs = [order for order in reply.orders if order.is_explicit or order.is_paged]
        if reply.is_refusal or reply.is_question or not theirs:
            return self._asked(reply)
        if unclear := self._ambiguous(theirs):
            return unclear
        outcome = _Outcome()
        for order in theirs:
            stored = self._tx.ticket(order.ticket) if order.ticket is not None else None
            if stored is None:
                outcome.refusals.append(f"no open ticket has the code {order.word.upper()}")
            elif order.unknown_person is not None:
                outcome.refusals.append(f'nobody on the roster is called "{order.unknown_person}"')
            else:
                self._do(order, stored, outcome)
        return self._told(outcome, unused=reply.unused)

    def _ambiguous(self, orders: Sequence[Order]) -> SmsAnswer | None:
        """Return a question if a word of the orders is the code of one ticket and the id of another; else None.

        There is no question if the person was paged for only one of the two.
        """
        paged = {stored.ticket.id for stored in self._paged}
        for order in orders:
            named = open_tickets_named(self._tx, order.word)
            meant = [stored for stored in named if stored.ticket.id in paged] or named
            if len(meant) > 1:
                return SmsAnswer(f"{NOT_ACKNOWLEDGED}: {ambiguous_words(meant, order)}.")
        return None

    def _asked(self, reply: Reply) -> SmsAnswer:
        """Return the answer to a text that names a ticket without taking it: its owner, and how to take or pass it."""
        order = reply.orders[0]
        stored = self._tx.ticket(order.ticket or "")
        assert stored is not None, "a word without a ticket is no order"
        if unclear := self._ambiguous([order]):
            return unclear
        if stored.status is TicketStatus.RESOLVED:
            return self.nothing_done(over_words(self._tx, stored))
        code, name = stored.code, stored.ticket.id
        owner = f" {taken_words(self._tx, stored)}." if stored.owner is not None else ""
        how = f"Send ACK {code} to take {name}, PASS {code} to pass it on."
        return SmsAnswer(f"{NOT_ACKNOWLEDGED}.{owner} {how}")

    def _do(self, order: Order, stored: StoredTicket, outcome: _Outcome) -> None:
        action = TicketAction(
            _ACTIONS[order.verb],
            self._person.id,
            self._context.now,
            why="by SMS",
            take_over=order.verb is Verb.TAKE,
            to=order.to,
        )
        if stored.status is TicketStatus.RESOLVED:
            outcome.refusals.append(over_words(self._tx, stored))
            return
        outcome.done.add(stored.ticket.id)
        try:
            done = record_on(TicketWork.on(self._tx, stored, self._context), action)
        except (Refused, NotFound) as refusal:
            outcome.refusals.append(str(refusal))
            return
        self._note(order, done, outcome)

    def _note(self, order: Order, done: ActionResult, outcome: _Outcome) -> None:
        outcome.attempts += done.attempts
        outcome.has_changed = outcome.has_changed or done.changed
        outcome.waited += (done.waited,) if done.waited is not None else ()
        now = done.ticket
        if _ACTIONS[order.verb] is not EventKind.ACKNOWLEDGED:
            outcome.sentences.append(done.sentence)
        elif now.owner != self._person.id and now.status is TicketStatus.ACKNOWLEDGED:
            outcome.refusals.append(f"{taken_words(self._tx, now)}. TAKE {now.code} takes it over")
        else:
            outcome.taken += [now] if done.changed else []
            outcome.sentences.append(done.sentence)

    def _told(self, outcome: _Outcome, *, unused: Verb | None = None, parts: int = 1) -> SmsAnswer:
        """Return the answer that reports the outcome of every order, and the tickets that are still open.

        unused: a command in the text that belongs to no ticket. parts: how many segments the answer may have.
        """
        sentences = outcome.sentences
        if len(outcome.taken) > 1:
            parts = 3
            done = ", ".join(f"{stored.ticket.id} ({stored.code})" for stored in outcome.taken)
            others = [one for one in sentences if not any(one == f"{t.ticket.id} is yours." for t in outcome.taken)]
            sentences = [f"{len(outcome.taken)} are yours: {done}.", *others]
        if not sentences and outcome.refusals:
            return self.nothing_done("; ".join(outcome.refusals))
        sentences += [f"{NOT_ACKNOWLEDGED}: {refusal}." for refusal in outcome.refusals]
        text = " ".join(sentences)
        text = self._with_hints(text, outcome, unused)
        rest = [stored for stored in self._now(self.waiting) if stored.ticket.id not in outcome.done]
        more = still_open(rest, used=len(text))
        words, parts = " ".join([text, *more]), max(parts, len(sentences))
        return SmsAnswer(words, outcome.attempts, outcome.waited, parts, is_helpful=outcome.has_changed)

    def _with_hints(self, text: str, outcome: _Outcome, unused: Verb | None) -> str:
        """Return the answer, with a hint for an unused command and the link of the ticket that was acknowledged."""
        if len(outcome.taken) != 1:
            return text
        stored = outcome.taken[0]
        if unused in (Verb.DONE, Verb.PASS):
            text += f" Send {unused} {stored.code} to {'resolve it' if unused is Verb.DONE else 'pass it on'}."
        for extra in (stored.ticket.url, stored.ticket.contact):
            longer = f"{text} {extra}"
            if extra is not None and self._tx.policy().sms.link and fitted(longer) == longer:
                text = longer
        return text

    def _now(self, tickets: list[StoredTicket]) -> list[StoredTicket]:
        """Return the tickets that are still open after the commands of this text were carried out."""
        found = (self._tx.ticket(stored.ticket.id) for stored in tickets)
        return [stored for stored in found if stored is not None and stored.status is TicketStatus.OPEN]

    def _who(self) -> SmsAnswer:
        """Return an answer that names the people on call, and the codes of the person's open tickets."""
        words = on_call_words(self._tx, self._context.now)
        codes = [stored.code for stored in self.waiting]
        if not codes:
            return SmsAnswer(words, parts=3, is_helpful=True)
        head = f" {len(codes)} open for you: "
        listed = fitting(codes, LONGEST_ANSWER - len(words) - len(head) - 1)
        return SmsAnswer(f"{words}{head}{listed}.", parts=3, is_helpful=True)


__all__ = ["CARRIER_WORDS", "HELP", "SmsAnswer", "answer_sms"]
