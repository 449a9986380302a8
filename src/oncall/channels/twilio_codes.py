"""What Twilio's error codes and states mean: what has to change, what to do, and whether a retry may succeed.

Sources: https://www.twilio.com/docs/api/errors and https://www.twilio.com/docs/messaging/api/message-resource. Twilio
reports the codes 3xxxx after it has accepted a message, in the message's state and in the status callback. With any
other code it refuses the request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from oncall.paging.domain.ticket import AttemptStatus
from oncall.paging.ports.channel import DeliveryFailure, Receipt


class CodeCause(StrEnum):
    """What has to change before a message can arrive."""

    NUMBER = "number"
    """The person's phone number or phone. Other people can still be paged."""
    ROUTE = "route"
    """The way to the phone. A call, or the same text later, may arrive."""
    CONFIGURATION = "configuration"
    """Our account, sender or request. No page arrives until an operator fixes it."""


@dataclass(frozen=True, slots=True)
class CodeFact:
    """One error code.

    meaning: completes the sentence "Twilio refused the message to ana: ...". remedy: tells the reader what to do.
    may_pass: the same message may arrive when it is sent again soon.
    """

    code: int
    cause: CodeCause
    meaning: str
    remedy: str
    may_pass: bool = False

    @property
    def sentence(self) -> str:
        """Return the meaning, the code and the remedy as a clause without a full stop."""
        return f"{self.meaning} (code {self.code}); {self.remedy}"


WRONG_CREDENTIALS = 20003
NOT_FOUND = 20404
TOO_MANY_REQUESTS = 20429
BAD_STATUS_CALLBACK = 21609
NO_RECIPIENT = 21604
OPTED_OUT = 21610

_CORRECT_NUMBER = "correct the phone number in the roster"
_MOBILE_NUMBER = "write a mobile number into the roster"
_SENDER = "set TWILIO_FROM to a number of this account that can send SMS"
_VOICE_SENDER = "set TWILIO_FROM to a number of this account that can make calls"
_REPORT = "report this: it is a bug in oncall"
_ASK_TWILIO = "ask Twilio support why, and reach this person another way until then"
_RETRIED = "oncall sends it once more and pages the next person in time"

_FACTS = (
    CodeFact(20003, CodeCause.CONFIGURATION, "the credentials are wrong or revoked",
             "check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"),
    CodeFact(20005, CodeCause.CONFIGURATION, "the account is not active", "reactivate it in the Twilio console"),
    CodeFact(20404, CodeCause.CONFIGURATION, "there is no such account or service",
             "check TWILIO_ACCOUNT_SID, TWILIO_MESSAGING_SERVICE_SID and TWILIO_BASE_URL"),
    CodeFact(20429, CodeCause.ROUTE, "the account sends too many requests", _RETRIED, may_pass=True),
    CodeFact(21210, CodeCause.CONFIGURATION, "the sender is not verified for calls", _VOICE_SENDER),
    CodeFact(21211, CodeCause.NUMBER, "the number is not valid", _CORRECT_NUMBER),
    CodeFact(21212, CodeCause.CONFIGURATION, "the sender is not valid", _SENDER),
    CodeFact(21213, CodeCause.CONFIGURATION, "the call has no sender", _VOICE_SENDER),
    CodeFact(21214, CodeCause.NUMBER, "the number cannot be called", _CORRECT_NUMBER),
    CodeFact(21215, CodeCause.ROUTE, "calls to this region are not enabled",
             "enable the region under Voice, Geo permissions, in the Twilio console"),
    CodeFact(21216, CodeCause.ROUTE, "messages to this number are blocked", _ASK_TWILIO),
    CodeFact(21217, CodeCause.NUMBER, "this is not a phone number", _CORRECT_NUMBER),
    CodeFact(21266, CodeCause.CONFIGURATION, "sender and recipient are the same number", _SENDER),
    CodeFact(21408, CodeCause.ROUTE, "messages to this region are not enabled",
             "enable the region under Messaging, Geo permissions, in the Twilio console"),
    CodeFact(21602, CodeCause.CONFIGURATION, "the message has no text", _REPORT),
    CodeFact(21603, CodeCause.CONFIGURATION, "the message has no sender", _SENDER),
    CodeFact(21604, CodeCause.CONFIGURATION, "the message has no recipient",
             "write the person's phone number into the roster"),
    CodeFact(21606, CodeCause.CONFIGURATION, "the sender is not a number of this account that can send SMS", _SENDER),
    CodeFact(21608, CodeCause.CONFIGURATION, "a trial account may send to verified numbers only",
             "verify the number in the Twilio console, or upgrade the account"),
    CodeFact(21609, CodeCause.CONFIGURATION, "the status callback is not a valid address",
             "set ONCALL_PUBLIC_URL to the https address at which Twilio reaches this service"),
    CodeFact(21610, CodeCause.NUMBER, "the recipient has sent STOP",
             "ask them to text START to the sender; page another person until then"),
    CodeFact(21611, CodeCause.CONFIGURATION, "the sender's queue is full",
             "send from more numbers with TWILIO_MESSAGING_SERVICE_SID"),
    CodeFact(21612, CodeCause.ROUTE, "this sender cannot reach this number",
             "use a sender in the recipient's country"),
    CodeFact(21614, CodeCause.NUMBER, "the number is not a mobile number", _MOBILE_NUMBER),
    CodeFact(21617, CodeCause.CONFIGURATION, "the text is longer than 1600 characters", _REPORT),
    CodeFact(21659, CodeCause.CONFIGURATION, "the sender is not a phone number or short code of this account", _SENDER),
    CodeFact(21703, CodeCause.CONFIGURATION, "the messaging service has no sender",
             "add a number to the service that TWILIO_MESSAGING_SERVICE_SID names"),
    CodeFact(21705, CodeCause.CONFIGURATION, "the messaging service does not exist",
             "check TWILIO_MESSAGING_SERVICE_SID"),
    CodeFact(30001, CodeCause.ROUTE, "the sender's queue overflowed", _RETRIED, may_pass=True),
    CodeFact(30002, CodeCause.CONFIGURATION, "the account was suspended", "reactivate it in the Twilio console"),
    CodeFact(30003, CodeCause.NUMBER, "the phone could not be reached", _RETRIED, may_pass=True),
    CodeFact(30004, CodeCause.NUMBER, "the recipient blocks these messages",
             "ask them to text START to the sender, or to ask their carrier"),
    CodeFact(30005, CodeCause.NUMBER, "the number is unknown or out of service", _CORRECT_NUMBER),
    CodeFact(30006, CodeCause.NUMBER, "the number is a landline, or its carrier cannot be reached", _MOBILE_NUMBER),
    CodeFact(30007, CodeCause.ROUTE, "a carrier filtered the message", _ASK_TWILIO),
    CodeFact(30008, CodeCause.ROUTE, "delivery failed for an unknown reason", _RETRIED, may_pass=True),
    CodeFact(30032, CodeCause.CONFIGURATION, "the toll-free sender is not verified", "verify it in the Twilio console"),
    CodeFact(30034, CodeCause.CONFIGURATION, "the sender is not registered for A2P 10DLC",
             "register it in the Twilio console"),
    CodeFact(30036, CodeCause.ROUTE, "the message expired in Twilio's queue",
             "send from more numbers with TWILIO_MESSAGING_SERVICE_SID"),
    CodeFact(30410, CodeCause.ROUTE, "the carrier did not answer in time", _RETRIED, may_pass=True),
    CodeFact(30500, CodeCause.ROUTE, "Twilio had an internal error", _RETRIED, may_pass=True),
)  # fmt: skip

CODES: Mapping[int, CodeFact] = MappingProxyType({fact.code: fact for fact in _FACTS})
"""Every code that oncall knows, by its number."""

_MAY_CALL = frozenset({21216, 21408, 21606, 21610, 21611, 21612, 21614, 30004, 30006, 30007, 30032, 30034, 30036})
"""The codes of failed texts after which a call to the same number may still succeed."""

_MESSAGE_STATUSES: Mapping[str, AttemptStatus] = MappingProxyType(
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
_CALL_FAILURES = {
    "busy": "the number is busy",
    "no-answer": "nobody answered the call",
    "failed": "the call could not be connected",
    "canceled": "the call was cancelled",
}


def cause_of(code: int | None) -> CodeCause:
    """Return what has to change after a failure with this code. An unknown code means CONFIGURATION."""
    fact = _fact(code)
    return fact.cause if fact is not None else CodeCause.CONFIGURATION


def may_pass(code: int | None) -> bool:
    """Return True if a text that Twilio accepted and then failed with this code may arrive when it is sent again."""
    fact = _fact(code)
    return fact is not None and fact.may_pass


def may_call(code: int | None) -> bool:
    """Return True if a call may reach the person although a text failed with this code."""
    return code in _MAY_CALL


def attempt_status(twilio_status: str) -> AttemptStatus:
    """Return our status for the state of a message at Twilio.

    An unknown state means only that Twilio has the message.
    """
    return _MESSAGE_STATUSES.get(twilio_status, AttemptStatus.ACCEPTED)


def message_receipt(sid: str, twilio_status: str, code: int | None) -> Receipt:
    """Return the receipt for a message at Twilio. For a failure it says why, and what may still work.

    sid: Twilio's id.
    """
    status = attempt_status(twilio_status)
    if status not in (AttemptStatus.UNDELIVERED, AttemptStatus.FAILED):
        return Receipt(sid, status, code)
    return Receipt(sid, status, code, _message_failure(f"the carrier reports {status.value}", code))


def call_receipt(sid: str, twilio_status: str) -> Receipt:
    """Return the receipt for a call at Twilio.

    The state `completed` means only that a person or a voicemail answered.
    """
    status = _CALL_STATUSES.get(twilio_status, AttemptStatus.ACCEPTED)
    why = _CALL_FAILURES.get(twilio_status)
    failure = DeliveryFailure(why, is_busy=twilio_status == "busy") if why is not None else None
    return Receipt(sid, status, None, failure)


def _fact(code: int | None) -> CodeFact | None:
    return CODES.get(code) if code is not None else None


def _message_failure(report: str, code: int | None) -> DeliveryFailure:
    if code is None:
        return DeliveryFailure(report, may_call=True)
    fact = CODES.get(code)
    if fact is None:
        return DeliveryFailure(f"{report} (code {code}); see https://www.twilio.com/docs/errors/{code}", may_call=True)
    return DeliveryFailure(
        f"{report}: {fact.sentence}",
        may_pass=fact.may_pass,
        may_call=may_call(code),
        is_ours=fact.cause is CodeCause.CONFIGURATION,
        has_stopped=code == OPTED_OUT,
    )
