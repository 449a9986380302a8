"""What Twilio's error codes and message states mean to a pager: whose fault, what to do, and whether it may pass.

Sources: https://www.twilio.com/docs/api/errors and https://www.twilio.com/docs/messaging/api/message-resource.
The codes 3xxxx come after Twilio accepted a message, in its state and in the status callback; the others refuse it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from oncall.paging.domain.ticket import AttemptStatus
from oncall.paging.ports.channel import DeliveryFailure, Receipt


class CodeCause(StrEnum):
    """What has to change before a message can go through."""

    NUMBER = "number"
    """This person's number: reach them another way, or page the next one."""
    ROUTE = "route"
    """The way to this number: another channel may work."""
    CONFIGURATION = "configuration"
    """Our account, sender or request: nobody is reached until an operator mends it."""


@dataclass(frozen=True, slots=True)
class CodeFact:
    """One code. `says` completes "Twilio refused ...: it says that"; `mend` is an order to a person.

    may_pass: the same message sent again soon may get through.
    """

    code: int
    blame: CodeCause
    says: str
    mend: str
    may_pass: bool = False


WRONG_CREDENTIALS = 20003
NOT_FOUND = 20404
TOO_MANY_REQUESTS = 20429
BAD_STATUS_CALLBACK = 21609
NO_RECIPIENT = 21604
OPTED_OUT = 21610

_CONFIRM_NUMBER = "correct the phone number in the roster"
_OTHER_PHONE = "give a mobile number in the roster"
_SENDER = "set TWILIO_FROM to a number of this account that can send SMS"
_OUR_FAULT = "report it: this is a fault of oncall"
_WAIT = "it is sent again once, and the next person is paged in time"

_FACTS = (
    CodeFact(20003, CodeCause.CONFIGURATION, "the credentials are wrong or revoked",
             "check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"),
    CodeFact(20005, CodeCause.CONFIGURATION, "the account is not active", "reactivate it in the Twilio console"),
    CodeFact(20404, CodeCause.CONFIGURATION, "there is no such account or service",
             "check TWILIO_ACCOUNT_SID, TWILIO_MESSAGING_SERVICE_SID and TWILIO_BASE_URL"),
    CodeFact(20429, CodeCause.ROUTE, "there are too many requests", "wait", may_pass=True),
    CodeFact(21210, CodeCause.CONFIGURATION, "the sender is not verified for calls",
             "set TWILIO_FROM to a number of this account that can make calls"),
    CodeFact(21211, CodeCause.NUMBER, "the number is not valid", _CONFIRM_NUMBER),
    CodeFact(21212, CodeCause.CONFIGURATION, "the sender is not valid", _SENDER),
    CodeFact(21213, CodeCause.CONFIGURATION, "the call has no sender",
             "set TWILIO_FROM to a number of this account that can make calls"),
    CodeFact(21214, CodeCause.NUMBER, "the number cannot be called", _CONFIRM_NUMBER),
    CodeFact(21215, CodeCause.ROUTE, "calls to this region are not enabled",
             "enable the region under Voice, Geo permissions, in the Twilio console"),
    CodeFact(21216, CodeCause.ROUTE, "messages to this number are blocked", "ask Twilio why, and use another channel"),
    CodeFact(21217, CodeCause.NUMBER, "the number does not look like one", _CONFIRM_NUMBER),
    CodeFact(21266, CodeCause.CONFIGURATION, "sender and recipient are the same number", _SENDER),
    CodeFact(21408, CodeCause.ROUTE, "messages to this region are not enabled",
             "enable the region under Messaging, Geo permissions, in the Twilio console"),
    CodeFact(21602, CodeCause.CONFIGURATION, "the message has no text", _OUR_FAULT),
    CodeFact(21603, CodeCause.CONFIGURATION, "the message has no sender", _SENDER),
    CodeFact(21604, CodeCause.CONFIGURATION, "the message has no recipient", "give a phone number in the roster"),
    CodeFact(21606, CodeCause.CONFIGURATION, "the sender is not a number of this account that can send SMS", _SENDER),
    CodeFact(21608, CodeCause.CONFIGURATION, "a trial account may only send to verified numbers",
             "verify the number in the Twilio console, or upgrade the account"),
    CodeFact(21609, CodeCause.CONFIGURATION, "the status callback is not a valid address",
             "set ONCALL_PUBLIC_URL to the https address under which Twilio reaches this service"),
    CodeFact(21610, CodeCause.NUMBER, "the recipient has sent STOP",
             "have them text START to the sender, and page somebody else until then"),
    CodeFact(21611, CodeCause.CONFIGURATION, "the sender's queue is full",
             "send from more numbers with TWILIO_MESSAGING_SERVICE_SID"),
    CodeFact(21612, CodeCause.ROUTE, "this sender cannot reach this number",
             "use a sender of the recipient's country, or another channel"),
    CodeFact(21614, CodeCause.NUMBER, "the number is not a mobile number", _OTHER_PHONE),
    CodeFact(21617, CodeCause.CONFIGURATION, "the text is longer than 1600 characters", _OUR_FAULT),
    CodeFact(21659, CodeCause.CONFIGURATION, "the sender is not a phone number or short code of this account", _SENDER),
    CodeFact(21703, CodeCause.CONFIGURATION, "the messaging service has no sender",
             "add a number to the service that TWILIO_MESSAGING_SERVICE_SID names"),
    CodeFact(21705, CodeCause.CONFIGURATION, "the messaging service does not exist",
             "check TWILIO_MESSAGING_SERVICE_SID"),
    CodeFact(30001, CodeCause.ROUTE, "the sender's queue overflowed", _WAIT, may_pass=True),
    CodeFact(30002, CodeCause.CONFIGURATION, "the account was suspended", "settle it in the Twilio console"),
    CodeFact(30003, CodeCause.NUMBER, "the phone could not be reached", _WAIT, may_pass=True),
    CodeFact(30004, CodeCause.NUMBER, "the recipient blocks these messages",
             "have them text START to the sender, or ask their carrier"),
    CodeFact(30005, CodeCause.NUMBER, "the number is unknown or out of service", _CONFIRM_NUMBER),
    CodeFact(30006, CodeCause.NUMBER, "the number is a landline or its carrier cannot be reached", _OTHER_PHONE),
    CodeFact(30007, CodeCause.ROUTE, "a carrier filtered the message", "use another channel, and ask Twilio why"),
    CodeFact(30008, CodeCause.ROUTE, "delivery failed for an unknown reason", _WAIT, may_pass=True),
    CodeFact(30032, CodeCause.CONFIGURATION, "the toll-free sender is not verified", "verify it in the Twilio console"),
    CodeFact(30034, CodeCause.CONFIGURATION, "the sender is not registered for A2P 10DLC",
             "register it in the Twilio console"),
    CodeFact(30036, CodeCause.ROUTE, "the message expired in the queue",
             "send from more numbers, or use another channel"),
    CodeFact(30410, CodeCause.ROUTE, "the carrier timed out", _WAIT, may_pass=True),
    CodeFact(30500, CodeCause.ROUTE, "Twilio had an internal failure", _WAIT, may_pass=True),
)  # fmt: skip

CODES: Mapping[int, CodeFact] = MappingProxyType({fact.code: fact for fact in _FACTS})
"""Every code that this product knows, by its number."""

_MAY_CALL = frozenset({21216, 21408, 21606, 21610, 21611, 21612, 21614, 30004, 30006, 30007, 30032, 30034, 30036})
"""Texts that failed so say nothing against a call to the same number."""

_STATUSES: Mapping[str, AttemptStatus] = MappingProxyType(
    {
        "accepted": AttemptStatus.ACCEPTED,
        "scheduled": AttemptStatus.ACCEPTED,
        "queued": AttemptStatus.ACCEPTED,
        "sending": AttemptStatus.ACCEPTED,
        "sent": AttemptStatus.SENT,
        "partially_delivered": AttemptStatus.SENT,
        "delivered": AttemptStatus.DELIVERED,
        "read": AttemptStatus.DELIVERED,
        "undelivered": AttemptStatus.UNDELIVERED,
        "failed": AttemptStatus.FAILED,
        "canceled": AttemptStatus.FAILED,
    }
)


def blame_of(code: int | None) -> CodeCause:
    """What has to change. A code that is not in the table blames our configuration, so that an operator looks."""
    fact = CODES.get(code) if code is not None else None
    return fact.blame if fact is not None else CodeCause.CONFIGURATION


def may_pass(code: int | None) -> bool:
    """Whether a message that was accepted and then failed with this code is worth one more try by SMS."""
    fact = CODES.get(code) if code is not None else None
    return fact is not None and fact.may_pass


def may_call(code: int | None) -> bool:
    """Whether a call may reach somebody whom a text failed to reach with this code."""
    return code in _MAY_CALL


def attempt_status(twilio_status: str) -> AttemptStatus:
    """Our word for a message's state at Twilio. A state that is new to us proves only that Twilio has the message."""
    return _STATUSES.get(twilio_status, AttemptStatus.ACCEPTED)


_CALL_STATUSES: Mapping[str, AttemptStatus] = MappingProxyType(
    {
        "queued": AttemptStatus.ACCEPTED,
        "initiated": AttemptStatus.ACCEPTED,
        "ringing": AttemptStatus.ACCEPTED,
        "in-progress": AttemptStatus.SENT,
        "completed": AttemptStatus.DELIVERED,
        "busy": AttemptStatus.UNDELIVERED,
        "no-answer": AttemptStatus.UNDELIVERED,
        "failed": AttemptStatus.FAILED,
        "canceled": AttemptStatus.FAILED,
    }
)
_CALL_WORDS = {
    "busy": "the number is busy",
    "no-answer": "nobody answered the call",
    "failed": "the call could not be put through",
    "canceled": "the call was cancelled",
}


def message_receipt(sid: str, twilio_status: str, code: int | None) -> Receipt:
    """What Twilio says of a message that it has; with a failure's cause, and what may still be tried."""
    status = attempt_status(twilio_status)
    if status not in (AttemptStatus.UNDELIVERED, AttemptStatus.FAILED):
        return Receipt(sid, status, code)
    return Receipt(sid, status, code, _failure(f"the carrier reports {status.value}", code))


def call_receipt(sid: str, twilio_status: str) -> Receipt:
    """What Twilio says of a call. Completed only means that somebody, or a voicemail, answered."""
    status = _CALL_STATUSES.get(twilio_status, AttemptStatus.ACCEPTED)
    words = _CALL_WORDS.get(twilio_status)
    failure = DeliveryFailure(words, is_busy=twilio_status == "busy") if words is not None else None
    return Receipt(sid, status, None, failure)


def _failure(words: str, code: int | None) -> DeliveryFailure:
    if code is None:
        return DeliveryFailure(words, may_call=True)
    fact = CODES.get(code)
    if fact is None:
        return DeliveryFailure(f"{words} (code {code}); see https://www.twilio.com/docs/errors/{code}", may_call=True)
    return DeliveryFailure(
        f"{words}: {fact.says} (code {code}); {fact.mend}",
        may_pass=fact.may_pass,
        may_call=may_call(code),
        is_ours=fact.blame is CodeCause.CONFIGURATION,
        has_stopped=code == OPTED_OUT,
    )
