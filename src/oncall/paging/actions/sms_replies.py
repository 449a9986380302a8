"""What people write back by SMS, what it does, and the one line they get for an answer."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from oncall.errors import NotFound, Refused
from oncall.paging.actions.consequences import ActionResult
from oncall.paging.actions.record_action import record_on
from oncall.paging.actions.ticket_action import TicketAction
from oncall.paging.domain.decide import PAGER
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.people import name_of
from oncall.paging.domain.reachability import Reach
from oncall.paging.domain.state import fold
from oncall.paging.domain.ticket import Attempt, StoredTicket, TicketStatus
from oncall.paging.outgoing.codes import is_code
from oncall.paging.outgoing.messages import fitting
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.outgoing.opt_out import START_WORDS, STOP_WORDS, note_opting, opting
from oncall.paging.outgoing.sms_encoding import SEGMENT, encoding_for, fitted, plain
from oncall.paging.outgoing.ticket_work import TicketWork
from oncall.paging.ports.records import InboundMessage
from oncall.paging.ports.schedule_store import Schedules
from oncall.paging.ports.store import ReplyStore, TicketReads, TicketStore
from oncall.schedule.versions import Person
from oncall.support.wording import short_time

HELP = (
    "Send ACK CODE to take a ticket, PASS CODE to escalate it now, DONE CODE when it is solved, WHO for who is on call."
)

LONGEST_ANSWER = 3 * 153
"""Characters of three GSM-7 segments: who asks what is open gets all the codes of a storm. Other answers are one."""

REMEMBERED_FOR = timedelta(days=7)
"""Whoever answers a page late is told what became of a ticket that was received so long ago (policy time) at most."""

CARRIER_WORDS = STOP_WORDS | START_WORDS | {"HELP", "INFO"}
"""Words that the carrier acts on and answers by itself; never a command of ours."""


class Verb(StrEnum):
    """What a reply asks for."""

    ACK = "ACK"
    PASS = "PASS"  # noqa: S105
    DONE = "DONE"
    WHO = "WHO"


@dataclass(frozen=True, slots=True)
class Command:
    """A reply, understood. `code` is None when only the verb was sent."""

    verb: Verb
    code: str | None = None


@dataclass(frozen=True, slots=True)
class SmsAnswer:
    """What is sent back (empty: nothing), and new messages for others."""

    text: str
    attempts: tuple[Attempt, ...] = ()
    waited: timedelta | None = None
    """How long the ticket that was taken had waited; policy time. None: none was taken."""


_ACTIONS = {Verb.ACK: EventKind.ACKNOWLEDGED, Verb.PASS: EventKind.PASSED, Verb.DONE: EventKind.RESOLVED}


def parse_reply(body: str) -> Command | None:
    """`ACK 7K2`, `ack`, `"7k2"`, `pass 7K2.`, `WHO`: the command, or None for anything else."""
    said = plain(body)
    command = _command_in(re.findall(r"[A-Z0-9]+", said.upper()))
    if command is None or command.verb is Verb.WHO:
        return command
    # Letters that are not ours (which `plain` shows as `?`), pictures and questions: beside a code they may say no.
    may_say_no = "?" in said or any(unicodedata.category(letter) == "So" for letter in body)
    return None if may_say_no else command


def _command_in(words: list[str]) -> Command | None:
    if len(words) == 1 and words[0] not in Verb.__members__:
        words = _split(words[0])
    if len(words) == 1 and words[0] in Verb.__members__:
        return Command(Verb(words[0]))
    if len(words) == 1 and is_code(words[0]):
        return Command(Verb.ACK, words[0])
    if len(words) == 2 and words[0] in _ACTIONS and is_code(words[1]):
        return Command(Verb(words[0]), words[1])
    return None


def _split(word: str) -> list[str]:
    """`ACK7K2` was meant as two words."""
    for verb in _ACTIONS:
        if word.startswith(verb) and is_code(word[len(verb) :]):
            return [verb.value, word[len(verb) :]]
    return [word]


def answer_sms(
    tx: ReplyStore, *, phone: str, body: str, provider_id: str, context: ActionContext, opt_out: str | None = None
) -> SmsAnswer:
    """Do what an authentic SMS from `phone` (E.164) asks. A replay of `provider_id` does nothing and is answered alike.

    A number that is on no roster gets no answer and changes nothing. The carrier's own words get none either: it
    answers them itself; STOP and START change who is reached. opt_out: what the carrier itself took it for.
    """
    person = tx.schedule().person_with_phone(phone)
    if person is None:
        return SmsAnswer("")
    before = tx.inbound(provider_id)
    if before is not None:
        return SmsAnswer(before.answer)
    context = replace(context, by=person.id, is_answered=True)
    reach = opting(body, opt_out)
    if reach is not None:
        note_opting(tx, person, reach, why="sent STOP" if reach is Reach.OPTED_OUT else "sent START", context=context)
    if reach is not None or opt_out or plain(body).strip().upper() in CARRIER_WORDS:
        answer = SmsAnswer("")
    else:
        command = parse_reply(body)
        answer = SmsAnswer(HELP) if command is None else _obey(tx, command, person, context)
        parts = 3 if command is not None and command.verb is Verb.WHO else 1
        answer = replace(answer, text=fitted(answer.text, parts))
    tx.add_inbound(InboundMessage(provider_id, context.now, person.id, body[:1600], answer.text))
    return answer


def _obey(tx: ReplyStore, command: Command, person: Person, context: ActionContext) -> SmsAnswer:
    if command.verb is Verb.WHO:
        return SmsAnswer(_who(tx, person, context))
    paged = _paged(tx, person)
    if command.code is None:
        stored = _meant(paged, command.verb, person)
        if stored is None:
            return SmsAnswer("Nothing that you were paged for is open.")
    else:
        found = tx.ticket_by_code(command.code)
        if found is None:
            return SmsAnswer(_over(tx, command.code, context) or f"No open ticket has the code {command.code}. {HELP}")
        stored = found
    done = _do(tx, stored, TicketAction(_ACTIONS[command.verb], person.id, context.now, why="by SMS"), context)
    if isinstance(done, str):
        return SmsAnswer(done)
    text = " ".join([done.sentence, *_others(paged, stored, len(done.sentence))])
    return SmsAnswer(text, done.attempts, waited=done.waited if command.verb is Verb.ACK else None)


def _over(tx: TicketReads, code: str, context: ActionContext) -> str | None:
    """What became of the ticket that had this code until lately; None when none had it."""
    stored = tx.resolved_by_code(code, since=context.now - REMEMBERED_FOR)
    if stored is None:
        return None
    log = tx.events(stored.ticket.id)
    into = fold(stored.ticket, log).merged_into
    going_on = tx.ticket(into) if into is not None else None
    if going_on is not None:
        return f"{stored.ticket.id} goes on as {going_on.ticket.id} ({going_on.code})."
    by = next((event.by for event in reversed(log) if event.kind is EventKind.RESOLVED), PAGER)
    return f"{stored.ticket.id} was resolved by {_spelt(tx, name_of(by, tx.schedule()))}."


def _do(tx: TicketStore, stored: StoredTicket, action: TicketAction, context: ActionContext) -> ActionResult | str:
    try:
        return record_on(TicketWork.on(tx, stored, context), action)
    except (Refused, NotFound) as refusal:
        return f"{refusal}."


def _meant(paged: list[StoredTicket], verb: Verb, person: Person) -> StoredTicket | None:
    """Which ticket a bare word is about: the one paged last that is waiting, or for DONE and PASS the one they hold."""
    waiting = [stored for stored in paged if stored.status is TicketStatus.OPEN]
    mine = [stored for stored in paged if stored.owner == person.id]
    candidates = waiting if verb is Verb.ACK else [*mine, *waiting]
    if verb is Verb.ACK and not candidates:
        candidates = paged
    return candidates[0] if candidates else None


def _paged(tx: ReplyStore, person: Person) -> list[StoredTicket]:
    """The unresolved tickets that this person was paged for, the one paged last on top."""
    return [ticket for ticket_id in tx.paged_tickets(person.id) if (ticket := tx.ticket(ticket_id)) is not None]


def _others(paged: list[StoredTicket], stored: StoredTicket, used: int) -> list[str]:
    """What else waits for the person: ids and codes where they fit into the answer, or else as many codes as do.

    used: so many characters of the answer are taken.
    """
    rest = [other for other in paged if other.status is TicketStatus.OPEN and other.ticket.id != stored.ticket.id]
    if not rest:
        return []
    named = f"Still open: {', '.join(f'{other.ticket.id} ({other.code})' for other in rest)}."
    if used + 1 + len(named) <= SEGMENT:
        return [named]
    head = f"{len(rest)} still open: "
    return [f"{head}{fitting([other.code for other in rest], SEGMENT - used - len(head) - 2)}."]


def _who(tx: ReplyStore, person: Person, context: ActionContext) -> str:
    """Who is on call, and the codes of everything that waits for whoever asks."""
    waiting = [stored.code for stored in _paged(tx, person) if stored.status is TicketStatus.OPEN]
    words = _on_call(tx, context)
    if not waiting:
        return words
    head = f" {len(waiting)} open for you: "
    return f"{words}{head}{fitting(waiting, LONGEST_ANSWER - len(words) - len(head) - 1)}."


def _on_call(tx: Schedules, context: ActionContext) -> str:
    schedule, policy = tx.schedule(), tx.policy()
    on_call = schedule.who(context.now)
    words = [
        f"{role}: {_spelt(tx, schedule.people[duty.engineer].name)} until {short_time(duty.until, policy.zone)}"
        for role, duty in on_call.roles.items()
        if duty.engineer in schedule.people
    ]
    words += [f"{role}: NOBODY" for role in on_call.missing]
    return "; ".join(words) + "." if words else "Business hours: the support desk has the tickets."


def _spelt(tx: Schedules, name: str) -> str:
    """Return a person's name in letters that an SMS can show."""
    return encoding_for([name], unicode=tx.policy().sms.unicode).spell(name)
