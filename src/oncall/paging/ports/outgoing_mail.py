"""One mail as the relay keeps it until it is sent."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

MAIL = "mail"
"""The sender and the caller of every incoming mail in a `SenderKey`, because a mail has no token."""
MAIL_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,190}")


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """A mail in plain text to one address. headers: further headers by name. `repr` shows no address."""

    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def mail_body(mail: OutgoingMail) -> str:
    """Return the body of the relay message that carries a mail."""
    return json.dumps(asdict(mail), ensure_ascii=False)


def mail_from_body(body: str) -> OutgoingMail:
    """Return the mail that `mail_body` wrote."""
    return OutgoingMail(**json.loads(body))
