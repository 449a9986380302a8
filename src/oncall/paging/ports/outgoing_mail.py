"""A mail in the form in which the relay stores it until it is sent."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

MAIL = "mail"
"""The value of sender and caller in the `SenderKey` of an incoming mail, because a mail has no token."""
MAIL_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,190}")


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """A mail in plain text to one address. headers: additional headers by name.

    `repr` shows neither address nor text.
    """

    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def mail_body(mail: OutgoingMail) -> str:
    """Return a mail as JSON, for the body of a relay message."""
    return json.dumps(asdict(mail), ensure_ascii=False)


def mail_from_body(body: str) -> OutgoingMail:
    """Return the mail from the JSON that `mail_body` returned."""
    return OutgoingMail(**json.loads(body))
