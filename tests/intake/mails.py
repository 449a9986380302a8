"""Mails as bytes, for tests."""

from __future__ import annotations


def mail(
    text: str = "Sessions do not start.",
    *,
    subject: str = "Sessions do not start",
    sender: str = "Kim Fox <kim@acme.example>",
    message_id: str | None = "<1@acme.example>",
    body: bytes | None = None,
    **headers: str,
) -> bytes:
    """Return a mail. headers: by name, `_` for `-`, besides the usual ones."""
    lines = [
        f"From: {sender}",
        "To: support@itopia.com",
        f"Subject: {subject}",
        "Date: Sat, 09 Jan 2027 03:12:00 -0500",
    ]
    lines += [f"Message-ID: {message_id}"] if message_id is not None else []
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    head = "\r\n".join(lines).encode("utf-8", "surrogateescape")
    return head + b"\r\n\r\n" + (body if body is not None else text.replace("\n", "\r\n").encode() + b"\r\n")
