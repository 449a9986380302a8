"""Requests from Twilio: checks their signatures, reads their forms, and writes the answers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hmac import compare_digest

from twilio.request_validator import HMAC_SHA1, HMAC_SHA256, RequestValidator, get_signature_algorithm
from twilio.twiml.messaging_response import MessagingResponse

from oncall.channels.twilio_codes import call_receipt, message_receipt
from oncall.errors import Refused
from oncall.paging.actions.call_keys import KeyPress
from oncall.paging.ports.channel import Receipt

LONGEST_TEXT = 1_600
_LONGEST_ADDRESS = 64
_LONGEST_DELIVERY_ID = 128
_CALL_SID = re.compile(r"CA[0-9a-fA-F]{32}")
_MESSAGE_SID = re.compile(r"(?:SM|MM)[0-9a-fA-F]{32}")
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class OptOut(StrEnum):
    """What Twilio recognized in a text: a request to opt out, to opt in, or for help."""

    STOP = "STOP"
    START = "START"
    HELP = "HELP"


@dataclass(frozen=True, slots=True)
class InboundSms:
    """An SMS that a person sent to our number. `message_sid` stays the same if Twilio posts the SMS again.

    opt_out: only a messaging service with Advanced Opt-Out reports it; otherwise None, whatever the text says.
    """

    message_sid: str
    from_number: str = field(repr=False)
    to_number: str = field(repr=False)
    body: str
    opt_out: OptOut | None = None


@dataclass(frozen=True, slots=True)
class StatusReport:
    """The state of a message or call that we sent.

    delivery: our id from the query of the callback; None without one.
    """

    receipt: Receipt
    twilio_status: str
    delivery: str | None = None


class _Values(dict[str, list[str]]):
    """The fields of a form with all their values, in the form that Twilio's validator expects."""

    def getlist(self, name: str) -> list[str]:
        """Return every value of a field."""
        return self[name]


def verify(
    url_path_and_query: str,
    params: Mapping[str, str | Sequence[str]],
    signature: str | None,
    tokens: Sequence[str],
    public_url: str,
    signature_settings: str | None = None,
) -> bool:
    """Return True if Twilio signed this request with one of the keys `tokens`.

    url_path_and_query: as received, byte for byte. params: every form field, empty ones included, with its value or all
    its values. tokens: auth tokens or secrets of shared keys. public_url: our address as Twilio knows it; the request's
    own host is not trusted. signature_settings: the header that names the algorithm; None: HMAC-SHA1. Without a
    signature, a key or a public URL the result is False.
    """
    usable = [token for token in tokens if token]
    algorithm = get_signature_algorithm(signature_settings)
    if not signature or not usable or not public_url or algorithm.upper() not in (HMAC_SHA1, HMAC_SHA256):
        return False
    url = public_url.rstrip("/") + url_path_and_query.partition("#")[0]
    values = _Values({name: [found] if isinstance(found, str) else list(found) for name, found in params.items()})
    try:
        validators, given = [RequestValidator(token) for token in usable], signature.encode()
        # Check every key, so that the time taken does not show which one matches. The library's `validate` also tries
        # the URL with and without a port: it takes more than twice as long, and few callbacks need it.
        matches = [compare_digest(one.compute_signature(url, values, algorithm).encode(), given) for one in validators]
        if not any(matches):
            matches = [one.validate(url, values, signature, algorithm) for one in validators]
        return any(matches)
    except ValueError:
        # Twilio signs nothing that cannot be encoded.
        return False


def reply_twiml(text: str | None) -> str:
    """Return the TwiML that answers an SMS with one message of at most 1600 characters, or with none."""
    response = MessagingResponse()
    if text:
        response.message(_NOT_IN_XML.sub("", text)[:LONGEST_TEXT])
    return str(response)


def parse_inbound(form: Mapping[str, str]) -> InboundSms:
    """Read the form of an inbound SMS. Ignores unknown fields. Raises Refused for a form that cannot be used."""
    opt_out = form.get("OptOutType", "").upper()
    return InboundSms(
        message_sid=_message_sid(form),
        from_number=_address(form, "From"),
        to_number=_address(form, "To"),
        body=form.get("Body", "")[:LONGEST_TEXT],
        opt_out=OptOut(opt_out) if opt_out in OptOut.__members__ else None,
    )


def parse_status(form: Mapping[str, str], *, delivery: str | None = None) -> StatusReport:
    """Read the form of a status callback about a message or a call. delivery: the query parameter of that name.

    Raises Refused for a form that cannot be used.
    """
    if "CallSid" in form and "MessageSid" not in form:
        return _call_report(form, delivery)
    status = form.get("MessageStatus") or form.get("SmsStatus") or ""
    if not status or len(status) > _LONGEST_ADDRESS:
        raise Refused("MessageStatus: missing or too long; a status callback names the message's state")
    code = form.get("ErrorCode", "")
    error_code = int(code) if code.isascii() and code.isdecimal() and len(code) <= 6 else None
    return StatusReport(
        receipt=message_receipt(_message_sid(form), status, error_code or None),
        twilio_status=status,
        delivery=_delivery(delivery),
    )


def parse_key(form: Mapping[str, str]) -> KeyPress:
    """Read the form that Twilio posts after a call has asked for a key.

    Raises Refused for a form that cannot be used.
    """
    return KeyPress(_call_sid(form), _address(form, "To"), form.get("Digits", "")[:_LONGEST_ADDRESS])


def _call_report(form: Mapping[str, str], delivery: str | None) -> StatusReport:
    status = form.get("CallStatus", "")
    if not status or len(status) > _LONGEST_ADDRESS:
        raise Refused("CallStatus: missing or too long; a status callback names the call's state")
    return StatusReport(call_receipt(_call_sid(form), status), status, _delivery(delivery))


def _delivery(text: str | None) -> str | None:
    return text if text and len(text) <= _LONGEST_DELIVERY_ID else None


def _call_sid(form: Mapping[str, str]) -> str:
    sid = form.get("CallSid", "")
    if not _CALL_SID.fullmatch(sid):
        raise Refused("CallSid: missing or not an id of Twilio's; it is CA and 32 hexadecimal digits")
    return sid


def _message_sid(form: Mapping[str, str]) -> str:
    sid = form.get("MessageSid", "")
    if not _MESSAGE_SID.fullmatch(sid):
        raise Refused("MessageSid: missing or not an id of Twilio's; it is SM or MM and 32 hexadecimal digits")
    return sid


def _address(form: Mapping[str, str], name: str) -> str:
    address = form.get(name, "")
    if not address or len(address) > _LONGEST_ADDRESS:
        raise Refused(f"{name}: missing or longer than {_LONGEST_ADDRESS} characters; it is a phone number")
    return address
