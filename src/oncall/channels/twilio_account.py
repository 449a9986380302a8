"""The Twilio account and its settings, for SMS and calls.

Imports little, because every command reads these settings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from oncall.errors import SettingsError

TWILIO_URL = "https://api.twilio.com"

_NUMBER_OR_SHORT_CODE = re.compile(r"\+[1-9]\d{6,14}|\d{5,6}")
_MESSAGING_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """One Twilio account, its senders, and the address at which Twilio reaches this service.

    from_number, messaging_service_sid: the sender. SMS need exactly one of them, calls need the number. public_url:
    None if Twilio cannot reach this service. timeout_seconds: for each request, in real time. `repr` shows no secret.

    Raises SettingsError for settings that cannot work.
    """

    sid: str
    auth_token: str = field(repr=False)
    base_url: str = field(default=TWILIO_URL, repr=False)
    from_number: str | None = field(default=None, repr=False)
    messaging_service_sid: str | None = field(default=None, repr=False)
    public_url: str | None = field(default=None, repr=False)
    timeout_seconds: float = 8.0

    def __post_init__(self) -> None:
        if not self.sid or not self.auth_token:
            raise SettingsError("Twilio needs both TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN; set them")
        if not _is_base_address(self.base_url):
            raise SettingsError(f'TWILIO_BASE_URL is not a base address; write it like "{TWILIO_URL}", or unset it')
        if self.from_number and not _NUMBER_OR_SHORT_CODE.fullmatch(self.from_number):
            raise SettingsError('TWILIO_FROM is not a number; write it like "+13055550100", or a short code')
        if self.messaging_service_sid and not _MESSAGING_SERVICE.fullmatch(self.messaging_service_sid):
            raise SettingsError(
                'TWILIO_MESSAGING_SERVICE_SID is not the id of a service; write "MG" and its 32 hexadecimal digits'
            )

    @property
    def host(self) -> str:
        """Return the base URL without a user name or password, so that messages can show it."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    @property
    def why_no_calls(self) -> str:
        """Return which setting is missing for calls, as a sentence without a full stop; empty if none is missing."""
        if not self.public_url:
            return "ONCALL_PUBLIC_URL is not set, so oncall would not learn which key was pressed"
        return "" if self.from_number else "TWILIO_FROM is not set, and a messaging service cannot call"

    def sms_sender(self) -> dict[str, str]:
        """Return the field of Twilio's API that names the sender of an SMS, and its value.

        Raises SettingsError unless exactly one sender is set.
        """
        if self.from_number and not self.messaging_service_sid:
            return {"from_": self.from_number}
        if self.messaging_service_sid and not self.from_number:
            return {"messaging_service_sid": self.messaging_service_sid}
        raise SettingsError("Twilio needs a sender: set one of TWILIO_FROM and TWILIO_MESSAGING_SERVICE_SID, not both")

    def callback(self, kind: str, delivery_id: str) -> str | None:
        """Return the URL to which Twilio posts about one delivery; None if Twilio cannot reach this service.

        kind: `status`, or `voice` for pressed keys.
        """
        if self.public_url is None:
            return None
        return f"{self.public_url.rstrip('/')}/webhooks/twilio/{kind}?delivery={quote(delivery_id, safe='')}"


def _is_base_address(text: str) -> bool:
    from yarl import URL

    try:
        url = URL(text)  # The HTTP client reads it with the same library.
        (url.host or "").encode("idna")
    except ValueError:
        return False
    return url.scheme in ("http", "https") and bool(url.host) and " " not in text and not url.query_string
