"""Builds the bytes of one mail for the mail server.

It does no parsing, because thousands of subscribers get one each.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime
from functools import lru_cache

from oncall.paging.ports.outgoing_mail import OutgoingMail

LONGEST_LINE = 900
"""The most characters in a line: more than the usual 78, because mail programs do not recognize a folded message id."""
_WHOLE_LINES = policy.SMTP.clone(max_line_length=LONGEST_LINE)


def mail_bytes(mail: OutgoingMail, sender: str, message_id: str, real_now: datetime) -> bytes:
    """Return a mail in the form of RFC 5322. Raises ValueError for a header that contains a line break."""
    headers = {
        "From": sender,
        "To": mail.to,
        "Subject": " ".join(mail.subject.split()),
        "Date": format_datetime(real_now),
        "Message-ID": f"<{message_id}@{sender.rpartition('@')[2].rstrip('>')}>",
        "Auto-Submitted": "auto-generated",
        **mail.headers,
        "MIME-Version": "1.0",
        "Content-Type": 'text/plain; charset="utf-8"',
    }
    encoding, content = _encoded(mail.text if mail.text.endswith("\n") else f"{mail.text}\n")
    headers["Content-Transfer-Encoding"] = encoding
    return b"".join(_header(name, value) for name, value in headers.items()) + b"\r\n" + content


def _header(name: str, value: str) -> bytes:
    if value.isascii() and value.isprintable() and "=?" not in value and len(name) + len(value) < LONGEST_LINE:
        return f"{name}: {value}\r\n".encode("ascii")
    return _encoded_header(name, value)


@lru_cache(maxsize=128)
def _encoded_header(name: str, value: str) -> bytes:
    """Return a header that needs an encoding. Cached, because all mails of one notice have the same subject."""
    letter = EmailMessage(_WHOLE_LINES)
    letter[name] = value
    folded: str = _WHOLE_LINES.fold(name, letter[name])
    return folded.encode("ascii")


def _encoded(text: str) -> tuple[str, bytes]:
    """Return the name of a transfer encoding, and the text in it: unchanged if that is allowed, else encoded."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    if lines.isascii() and max(map(len, lines.split("\n"))) <= LONGEST_LINE:
        return "7bit", lines.replace("\n", "\r\n").encode("ascii")
    raw = lines.encode("utf-8")
    quoted = binascii.b2a_qp(raw, istext=True)
    packed = base64.encodebytes(raw.replace(b"\n", b"\r\n"))
    name, shorter = ("quoted-printable", quoted) if len(quoted) <= len(packed) else ("base64", packed)
    return name, shorter.replace(b"\n", b"\r\n")
