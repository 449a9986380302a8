"""One text to a subscriber as the relay keeps it until it is sent."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class OutgoingSms:
    """One text to one number. until: the latest time to send it (real, aware UTC). `repr` hides number and text."""

    to: str = field(repr=False)
    text: str = field(repr=False)
    until: datetime


def sms_body(sms: OutgoingSms) -> str:
    """Return the body of the relay message that carries a text."""
    return json.dumps({"to": sms.to, "text": sms.text, "until": sms.until.isoformat()}, ensure_ascii=False)


def sms_from_body(body: str) -> OutgoingSms:
    """Return the text that `sms_body` wrote."""
    read = json.loads(body)
    return OutgoingSms(read["to"], read["text"], datetime.fromisoformat(read["until"]))
