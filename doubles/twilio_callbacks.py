"""Twilio's callbacks, signed as Twilio signs. Only loopback addresses are called."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree

from aiohttp import ClientSession, ClientTimeout

TWILIO_PATIENCE_SECONDS = 15.0


class NotLoopback(ValueError):
    """The address is not on this machine; the double calls only loopback."""


class CallbackRefused(Exception):
    """The webhook did not answer 2xx. status: its HTTP status. text: its body."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        self.text = text
        super().__init__(f"the webhook answered HTTP {status}: {text[:200]}")


def is_loopback(url: str) -> bool:
    """Return True for `localhost`, 127.0.0.0/8 and ::1."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def sign(url: str, form: Mapping[str, str], auth_token: str) -> str:
    """Return the X-Twilio-Signature of a form post, written from the documentation and apart from the library that
    checks it."""
    signed = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.digest(auth_token.encode(), signed.encode(), "sha1")).decode()


async def post(session: ClientSession, url: str, form: Mapping[str, str], *, signature: str) -> tuple[int, str]:
    """Post the form; return the answer's status and text. Raises NotLoopback."""
    if not is_loopback(url):
        raise NotLoopback(f"a double posts to loopback only, not to {urlsplit(url).hostname}")
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "X-Twilio-Signature": signature,
        "I-Twilio-Idempotency-Token": secrets.token_hex(16),
    }
    limit = ClientTimeout(total=TWILIO_PATIENCE_SECONDS)
    body = urlencode(form).encode()
    async with session.post(url, data=body, headers=headers, timeout=limit, allow_redirects=False) as answer:
        return answer.status, await answer.text(errors="replace")


def twiml_text(xml: str) -> str | None:
    """Return the text of the first message in a TwiML answer; None when there is none. Raises ParseError."""
    message = ElementTree.fromstring(xml).find("Message")  # noqa: S314 - our own service's answer, on loopback
    return None if message is None else "".join(message.itertext())


@dataclass(frozen=True, slots=True)
class CallScript:
    """A TwiML answer to a call: the words, the words if no key is pressed, and the address for a key; None: no key."""

    said: list[str]
    without_key: list[str]
    action: str | None


def call_script(xml: str) -> CallScript:
    """Read the TwiML of a call as Twilio carries it out. Raises ParseError."""
    root = ElementTree.fromstring(xml)  # noqa: S314 - our own service's answer, on loopback
    gather = root.find("Gather")
    after = ["".join(say.itertext()) for say in root.findall("Say")]
    if gather is None:
        return CallScript(after, [], None)
    return CallScript(["".join(say.itertext()) for say in gather.findall("Say")], after, gather.get("action"))


def inbound_form(account_sid: str, from_: str, to: str, body: str, sid: str) -> dict[str, str]:
    """An SMS as Twilio posts it, blank geography included: dropping a blank field breaks the signature."""
    return {
        "ToCountry": "US", "ToState": "", "SmsMessageSid": sid, "NumMedia": "0", "ToCity": "", "FromZip": "",
        "SmsSid": sid, "FromState": "FL", "SmsStatus": "received", "FromCity": "", "Body": body, "FromCountry": "US",
        "To": to, "ToZip": "", "NumSegments": "1", "MessageSid": sid, "AccountSid": account_sid, "From": from_,
        "ApiVersion": "2010-04-01",
    }  # fmt: skip
