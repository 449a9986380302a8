"""A text to a subscriber in the form in which the relay stores it until it is sent."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class OutgoingSms:
    """A text to one number. until: the latest time to send it (real, aware UTC).

    `repr` shows neither number nor text.
    """

    to: str = field(repr=False)
    text: str = field(repr=False)
    until: datetime


def sms_body(sms: OutgoingSms) -> str:
    """Return a text as JSON, for the body of a relay message."""
    return json.dumps({"to": sms.to, "text": sms.text, "until": sms.until.isoformat()}, ensure_ascii=False)


def sms_from_body(body: str) -> OutgoingSms:
    """Return the text from the JSON that `sms_body` returned."""
    read = json.loads(body)
    return OutgoingSms(read["to"], read["text"], datetime.fromisoformat(read["until"]))
