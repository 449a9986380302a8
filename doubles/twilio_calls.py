"""A call of a Twilio account."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any

API = "/2010-04-01/Accounts/"


@dataclass(slots=True)
class TwilioCall:
    """One call that the account queued. `said`: everything that was spoken so far."""

    account_sid: str
    sid: str
    to: str
    from_: str
    date_created: datetime
    url: str | None = None
    twiml: str | None = None
    status_callback: str | None = None
    ring_seconds: int = 60
    status: str = "queued"
    said: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The Call resource."""
        path = f"{API}{self.account_sid}/Calls/{self.sid}"
        parts = ("Notifications", "Recordings", "Payments", "Events", "Siprec", "Streams", "Transcriptions")
        empty = ("answered_by", "caller_name", "duration", "end_time", "forwarded_from", "group_sid")
        return {
            "account_sid": self.account_sid,
            "api_version": "2010-04-01",
            "date_created": format_datetime(self.date_created),
            "date_updated": format_datetime(self.date_created),
            "direction": "outbound-api",
            "from": self.from_,
            "from_formatted": self.from_,
            "price_unit": "USD",
            "queue_time": "0",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {part.lower(): f"{path}/{part}.json" for part in parts},
            "to": self.to,
            "to_formatted": self.to,
            "uri": f"{path}.json",
            **dict.fromkeys((*empty, "parent_call_sid", "phone_number_sid", "price", "start_time", "trunk_sid")),
        }

    def form(self, **more: str) -> dict[str, str]:
        """Return what Twilio posts about the call: its status, and the fields of this occasion."""
        return {
            "CallSid": self.sid,
            "CallStatus": self.status,
            "AccountSid": self.account_sid,
            "To": self.to,
            "Called": self.to,
            "From": self.from_,
            "Caller": self.from_,
            "Direction": "outbound-api",
            "ApiVersion": "2010-04-01",
            "ToCity": "",
            **more,
        }
