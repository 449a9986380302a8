"""The account at Twilio that texts and calls go through. Light: every command reads its settings with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from oncall.errors import SettingsError

TWILIO_URL = "https://api.twilio.com"


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """Whose account, at which address. timeout_seconds: for each request, real time. The secret is in no repr.

    Raises SettingsError when the settings cannot be.
    """

    sid: str
    auth_token: str = field(repr=False)
    base_url: str = field(default=TWILIO_URL, repr=False)
    timeout_seconds: float = 8.0

    def __post_init__(self) -> None:
        if not self.sid or not self.auth_token:
            raise SettingsError("Twilio needs both TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN; set them")
        if not _is_base_address(self.base_url):
            raise SettingsError(f'TWILIO_BASE_URL is not a base address; write it like "{TWILIO_URL}", or unset it')

    @property
    def host(self) -> str:
        """The base URL without a name or password."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _is_base_address(text: str) -> bool:
    from yarl import URL

    try:
        url = URL(text)  # as the requests will read it
        (url.host or "").encode("idna")
    except ValueError:
        return False
    return url.scheme in ("http", "https") and bool(url.host) and " " not in text and not url.query_string
