"""The state of one Twilio account: its messages and calls, what it refuses, and how it shows them as JSON."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from doubles.twilio_calls import API, TwilioCall

TRIAL_PREFIX = "Sent from your Twilio trial account - "

_PHONE = re.compile(r"\+[1-9]\d{6,14}")
_SHORT_CODE = re.compile(r"\d{5,6}")
_SERVICE_SID = re.compile(r"MG[0-9a-fA-F]{32}")
_GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_DOUBLE = set("^{}\\[~]|€")
_STOP = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
_START = {"START", "YES", "UNSTOP"}

# The numbers that Twilio itself answers so to test credentials.
_TEST_RECIPIENTS = {
    "+15005550001": (21211, "The 'To' number +15005550001 is not a valid phone number."),
    "+15005550002": (21612, "The message cannot be routed to the 'To' number +15005550002."),
    "+15005550003": (21408, "Permission to send an SMS has not been enabled for the region of +15005550003."),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient +15005550004."),
    "+15005550009": (21614, "The 'To' number +15005550009 is not a valid mobile number."),
}
_TEST_SENDERS = {
    "+15005550001": (21212, "The 'From' number +15005550001 is not a valid phone number or short code."),
    "+15005550007": (21606, "The 'From' phone number +15005550007 is not an SMS-capable number of this account."),
    "+15005550008": (21611, "The 'From' number +15005550008 has exceeded the maximum number of queued messages."),
}


class Refusal(Exception):
    """Twilio's answer to a request that it does not carry out. `code` is Twilio's own."""

    def __init__(self, status: int, code: int, message: str) -> None:
        self.status = status
        self.code = code
        self.message = message
        super().__init__(message)

    def as_json(self) -> dict[str, Any]:
        """The body of the answer."""
        link = f"https://www.twilio.com/docs/errors/{self.code}"
        return {"code": self.code, "message": self.message, "more_info": link, "status": self.status}


@dataclass(slots=True)
class TwilioMessage:
    """One SMS that the account accepted. Times are aware UTC; `date_sent` is None while the message is queued."""

    account_sid: str
    sid: str
    to: str
    from_: str | None
    body: str
    status: str
    date_created: datetime
    messaging_service_sid: str | None = None
    status_callback: str | None = None
    validity_period: int | None = None
    date_sent: datetime | None = None
    error_code: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The Message resource."""
        path = f"{API}{self.account_sid}/Messages/{self.sid}"
        return {
            "account_sid": self.account_sid,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": format_datetime(self.date_created),
            "date_sent": format_datetime(self.date_sent) if self.date_sent else None,
            "date_updated": format_datetime(self.date_sent or self.date_created),
            "direction": "outbound-api",
            "error_code": self.error_code,
            "error_message": None,
            "from": self.from_,
            "messaging_service_sid": self.messaging_service_sid,
            "num_media": "0",
            "num_segments": "0" if self.messaging_service_sid else str(segments(self.body)),
            "price": None,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{path}/Media.json"},
            "to": self.to,
            "uri": f"{path}.json",
        }

    def callback_form(self) -> dict[str, str]:
        """What a status callback posts."""
        form = {
            "SmsSid": self.sid,
            "SmsStatus": self.status,
            "MessageStatus": self.status,
            "To": self.to,
            "MessageSid": self.sid,
            "AccountSid": self.account_sid,
            "From": self.from_ or "",
            "ApiVersion": "2010-04-01",
        }
        if self.messaging_service_sid:
            form["MessagingServiceSid"] = self.messaging_service_sid
        if self.error_code is not None:
            form["ErrorCode"] = str(self.error_code)
        return form


@dataclass(slots=True)
class Account:
    """The state of an account, and its rules. Only one thread may change it."""

    sid: str
    auth_token: str
    is_trial: bool = False
    messages: list[TwilioMessage] = field(default_factory=list)
    calls: list[TwilioCall] = field(default_factory=list)
    opted_out: set[str] = field(default_factory=set)
    _by_sid: dict[str, TwilioMessage] = field(default_factory=dict)

    def create_message(self, form: Mapping[str, str]) -> TwilioMessage:
        """Accept an SMS. Raises Refusal as Twilio would."""
        to, body, sender = form.get("To", ""), form.get("Body", ""), form.get("From", "")
        service = form.get("MessagingServiceSid", "")
        self._refuse_text(to, body)
        _refuse_sender(sender, service)
        self._refuse_recipient(to)
        callback, validity = form.get("StatusCallback", ""), form.get("ValidityPeriod", "")
        _refuse_options(callback, validity)
        message = TwilioMessage(
            account_sid=self.sid,
            sid="SM" + secrets.token_hex(16),
            to=to,
            from_=sender or None,
            body=TRIAL_PREFIX + body if self.is_trial else body,
            status="accepted" if service else "queued",
            date_created=datetime.now(UTC).replace(microsecond=0),
            messaging_service_sid=service or None,
            status_callback=callback or None,
            validity_period=int(validity) if validity else None,
        )
        self.messages.append(message)
        self._by_sid[message.sid] = message
        return message

    def create_call(self, form: Mapping[str, str]) -> TwilioCall:
        """Queue a call. Raises Refusal as Twilio would."""
        to, sender = form.get("To", ""), form.get("From", "")
        url, twiml = form.get("Url", ""), form.get("Twiml", "")
        if not to:
            raise Refusal(400, 21201, "No 'To' number is specified")
        if not sender:
            raise Refusal(400, 21213, "No 'From' number is specified")
        if not _PHONE.fullmatch(to):
            raise Refusal(400, 21211, f"The phone number you are attempting to call, {to}, is not valid.")
        if not twiml and not _is_web_address(url):
            raise Refusal(400, 21205, "Url parameter is required.")
        call = TwilioCall(
            account_sid=self.sid,
            sid="CA" + secrets.token_hex(16),
            to=to,
            from_=sender,
            date_created=datetime.now(UTC).replace(microsecond=0),
            url=url or None,
            twiml=twiml or None,
            status_callback=form.get("StatusCallback") or None,
            ring_seconds=int(form.get("Timeout") or 60),
        )
        self.calls.append(call)
        return call

    def call(self, sid: str) -> TwilioCall:
        """The call of that id. Raises Refusal."""
        found = next((call for call in self.calls if call.sid == sid), None)
        if found is None:
            raise Refusal(404, 20404, f"The requested resource {API}{self.sid}/Calls/{sid}.json was not found")
        return found

    def call_page(self, query: Mapping[str, str]) -> dict[str, Any]:
        """The newest calls, as one page, by the filter To. Raises Refusal."""
        size = _number(query, "PageSize", 50, 1, 1000)
        found = [call for call in reversed(self.calls) if query.get("To", call.to) == call.to][:size]
        uri = f"{API}{self.sid}/Calls.json?PageSize={size}&Page=0"
        return {
            "calls": [call.as_json() for call in found],
            "end": max(len(found) - 1, 0),
            "first_page_uri": uri,
            "next_page_uri": None,
            "page": 0,
            "page_size": size,
            "previous_page_uri": None,
            "start": 0,
            "uri": uri,
        }

    def message(self, sid: str) -> TwilioMessage:
        """The message of that id. Raises Refusal."""
        if sid not in self._by_sid:
            raise Refusal(404, 20404, f"The requested resource {API}{self.sid}/Messages/{sid}.json was not found")
        return self._by_sid[sid]

    def set_status(self, sid: str, status: str, error_code: int | None) -> TwilioMessage:
        """Change a message's status, as a carrier's report would. Raises Refusal."""
        message = self.message(sid)
        message.status, message.error_code = status, error_code
        if message.date_sent is None and status not in ("accepted", "queued", "sending", "scheduled"):
            message.date_sent = datetime.now(UTC).replace(microsecond=0)
        return message

    def list_page(self, query: Mapping[str, str]) -> dict[str, Any]:
        """One page of messages, newest first, by the filters To, From and DateSent. Raises Refusal."""
        size, page = _number(query, "PageSize", 50, 1, 1000), _number(query, "Page", 0, 0, 1_000_000)
        found = list(self._matching(query))
        start = size * page
        shown = found[start : start + size]
        kept = {name: value for name, value in query.items() if name not in ("Page", "PageToken")}

        def uri(number: int) -> str:
            return f"{API}{self.sid}/Messages.json?{urlencode({**kept, 'PageSize': size, 'Page': number})}"

        return {
            "end": start + len(shown) - 1 if shown else start,
            "first_page_uri": uri(0),
            "messages": [message.as_json() for message in shown],
            "next_page_uri": uri(page + 1) if start + size < len(found) else None,
            "page": page,
            "page_size": size,
            "previous_page_uri": uri(page - 1) if page else None,
            "start": start,
            "uri": uri(page),
        }

    def note_keyword(self, phone: str, body: str) -> None:
        """Do what Twilio itself does on STOP and START."""
        word = body.strip().upper()
        if word in _STOP:
            self.opted_out.add(phone)
        elif word in _START:
            self.opted_out.discard(phone)

    def _matching(self, query: Mapping[str, str]) -> Iterator[TwilioMessage]:
        limits = [(name[8:], _day(query[name])) for name in ("DateSent", "DateSent<", "DateSent>") if query.get(name)]
        for message in reversed(self.messages):
            if query.get("To", message.to) == message.to and query.get("From", message.from_) == message.from_:
                sent = message.date_sent.date() if message.date_sent else None
                if all(_is_on_side(sent, side, day) for side, day in limits):
                    yield message

    def _refuse_text(self, to: str, body: str) -> None:
        if not to:
            raise Refusal(400, 21604, "A 'To' phone number is required.")
        if not body:
            raise Refusal(400, 21602, "Message body is required.")
        if len(body) > 1600:
            raise Refusal(400, 21617, "The concatenated message body exceeds the 1600 character limit.")

    def _refuse_recipient(self, to: str) -> None:
        if to in _TEST_RECIPIENTS:
            raise Refusal(400, *_TEST_RECIPIENTS[to])
        if not _PHONE.fullmatch(to):
            raise Refusal(400, 21211, f"The 'To' number {to} is not a valid phone number.")
        if to in self.opted_out:
            raise Refusal(400, 21610, f"Attempt to send to unsubscribed recipient {to}.")


def _refuse_sender(sender: str, service: str) -> None:
    if not sender and not service:
        raise Refusal(400, 21603, "A 'From' phone number is required.")
    if service and not _SERVICE_SID.fullmatch(service):
        raise Refusal(400, 21705, "The Messaging Service Sid is invalid.")
    if sender in _TEST_SENDERS:
        raise Refusal(400, *_TEST_SENDERS[sender])
    if sender and not (_PHONE.fullmatch(sender) or _SHORT_CODE.fullmatch(sender)):
        raise Refusal(400, 21212, f"The 'From' number {sender} is not a valid phone number or short code.")


def _refuse_options(callback: str, validity: str) -> None:
    if callback and not _is_web_address(callback):
        raise Refusal(400, 21609, f"The 'StatusCallback' URL {callback} is not a valid URL.")
    if validity and not (validity.isdecimal() and 1 <= int(validity) <= 36_000):
        raise Refusal(400, 20001, f"ValidityPeriod {validity} is not between 1 and 36000.")


def _is_web_address(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "_" not in (parts.hostname or "")


def _number(query: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal() or not least <= int(text) <= most:
        raise Refusal(400, 20001, f"{name} must be from {least} to {most}.")
    return int(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError as error:
        raise Refusal(400, 20001, f"{text} is not a date.") from error


def _is_on_side(sent: date | None, side: str, day: date) -> bool:
    if sent is None:  # The strictest reading of Twilio's filter: what was not sent has no date that could match.
        return False
    return {"": sent == day, "<": sent <= day, ">": sent >= day}[side]


def segments(body: str) -> int:
    """Return how many SMS segments the text takes: GSM-7 when it holds every character, else UCS-2."""
    if all(char in _GSM or char in _GSM_DOUBLE for char in body):
        return _parts(len(body) + sum(char in _GSM_DOUBLE for char in body), (160, 153))
    return _parts(len(body.encode("utf-16-le", "surrogatepass")) // 2, (70, 67))


def _parts(length: int, limits: Sequence[int]) -> int:
    alone, each = limits
    return 1 if length <= alone else -(-length // each)
