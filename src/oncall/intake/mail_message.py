"""Reads the bytes of a mail: its sender, thread and text. Never fails; a mail made to take very long loses its body."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from email.utils import parsedate_to_datetime

from oncall.intake.mail_words import LONGEST_BODY, LONGEST_HEADER, decoded, header_text, html_text
from oncall.paging.domain.quoted_text import clean

MOST_WORK = 2_000_000
"""The most lines times boundaries in a mail whose parts are read, because the parser compares every line with each."""
MOST_BOUNDARIES = 50
MOST_PARTS = 200
MOST_HEADERS = 1_000
MOST_ANCESTORS = 50
MOST_NAMED = 5
"""The most attachments whose names a note lists."""
_MOST_HEADER_BYTES = 256 * 1024
_WRITTEN_BY_THE_SENDER = ("from", "date", "subject")
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,400})>")
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?", re.IGNORECASE)
_QUOTED_NAME, _COMMENT = re.compile(r'"[^"]*"'), re.compile(r"\([^()]*\)")
_IN_BRACKETS = re.compile(r"<([^<>]*)>")
_PART_HEADER = re.compile(rb"^content-[a-z-]{1,40}:[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE | re.MULTILINE)
_QUOTE_BEGINS = re.compile(
    r"^(on .{5,200} wrote:|am .{5,200} schrieb.{0,100}:|le .{5,200} a écrit ?:|el .{5,200} escribió:"
    r"|-{2,}\s*(original message|forwarded message)\s*-{2,}|_{20,})$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail. `message_id` and `ancestors` are without brackets.

    A mail without an id gets one computed from its content.
    ancestors: the ids of the mails that it answers, the nearest first. sender: the address in From, in small letters;
    empty if there is none. text: without quoted lines and attachments. notes: sentences about what was left out.
    sent_at: aware UTC. headers: the first value of each, by name in small letters. hops: how many mail servers passed
    the mail on.
    """

    message_id: str
    ancestors: tuple[str, ...]
    sender: str
    subject: str
    text: str
    notes: tuple[str, ...]
    sent_at: datetime | None
    headers: dict[str, str]
    hops: int = 0

    @property
    def domain(self) -> str:
        """Return the domain of the sender's address; empty if there is none."""
        return self.sender.rpartition("@")[2]


def read_mail(raw: bytes) -> Mail:
    """Read a mail from the bytes that SMTP's DATA sent. Never raises, whatever the bytes are."""
    head_end = _end_of_head(raw)
    head = _parsed(raw[: min(head_end, _MOST_HEADER_BYTES)])
    headers = _headers(head)
    whole, notes = _whole(raw)
    text = ""
    if whole is not None:
        text, dropped = _body(whole)
        notes = [*notes, *dropped]
    subject = clean(header_text(headers.get("subject", "")))
    return Mail(
        message_id=_message_id(headers, raw, head_end),
        ancestors=_ancestors(headers),
        sender=address_in(headers.get("from", "")),
        subject=subject,
        text=text,
        notes=tuple(notes),
        sent_at=_sent_at(headers.get("date", "")),
        headers=headers,
        hops=len(head.get_all("received", [])),
    )


def address_in(header: str) -> str:
    """Return the first address in a header, in small letters; empty if there is none."""
    text = _QUOTED_NAME.sub("", " ".join(header[:LONGEST_HEADER].split()))
    in_brackets = _IN_BRACKETS.search(text)
    address = (in_brackets[1] if in_brackets is not None else _COMMENT.sub("", text).partition(",")[0]).strip().lower()
    return address if _ADDRESS.fullmatch(address) else ""


def _end_of_head(raw: bytes) -> int:
    ends = [at for at in (raw.find(b"\r\n\r\n"), raw.find(b"\n\n")) if at >= 0]
    return min(ends) + 2 if ends else len(raw)


def _parsed(raw: bytes) -> Message:
    return message_from_bytes(raw.replace(b"\x00", b" "))


def _headers(head: Message) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in list(head.raw_items())[:MOST_HEADERS]:
        found.setdefault(name.lower(), str(value)[: LONGEST_HEADER * 4])
    return found


def _whole(raw: bytes) -> tuple[Message | None, list[str]]:
    """Parse a mail with its parts. If that would take too long, return None and sentences that say why."""
    boundaries = len(re.findall(rb"boundary", raw, re.IGNORECASE))
    if boundaries > MOST_BOUNDARIES or boundaries * raw.count(b"\n") > MOST_WORK:
        return None, ["The text was left out: the mail has too many parts inside each other."]
    if any(found.end() - found.start() > LONGEST_HEADER for found in _PART_HEADER.finditer(raw)):
        # The parser's time grows with the square of such a header.
        return None, [f"The text was left out: the mail describes its parts in more than {LONGEST_HEADER} characters."]
    try:
        return _parsed(raw), []
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError):
        return None, ["The text was left out: the mail's parts cannot be read."]


def _body(whole: Message) -> tuple[str, list[str]]:
    """Return the text of a mail, and a sentence for each kind of content that was left out."""
    plain: list[str] = []
    html: list[str] = []
    dropped: list[str] = []
    for part in _leaves(whole):
        kind = part.get_content_type()
        if _is_attached(part) or kind not in ("text/plain", "text/html"):
            dropped.append(_file_name(part) or kind)
        elif kind == "text/plain":
            plain.append(_text_of(part))
        else:
            html.append(_text_of(part))
    text = "\n".join(plain)
    if not text.strip():
        text = "\n".join(html_text(each) for each in html[:MOST_NAMED])
    return _unquoted(text), _dropped_words(dropped)


def _leaves(whole: Message) -> Iterator[Message]:
    """Yield the parts with content, in order. A mail inside the mail counts as one part."""
    waiting, seen = [whole], 0
    while waiting and seen < MOST_PARTS:
        part, seen = waiting.pop(0), seen + 1
        inner = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            waiting[:0] = [each for each in inner if isinstance(each, Message)]
        else:
            yield part


def _is_attached(part: Message) -> bool:
    disposition = header_text(str(part.get("content-disposition", ""))).partition(";")[0]
    return disposition.strip().lower() == "attachment"


def _file_name(part: Message) -> str:
    try:
        return clean(header_text(part.get_filename() or ""))[:80]
    except (ValueError, LookupError, TypeError, AttributeError):
        return ""


def _text_of(part: Message) -> str:
    try:
        raw = part.get_payload(decode=True)
        charset = part.get_param("charset")
    except (ValueError, LookupError, TypeError, AttributeError):
        return ""
    name = charset[2] if isinstance(charset, tuple) else charset
    return decoded(raw[:LONGEST_BODY], name) if isinstance(raw, bytes) else ""


def _unquoted(text: str) -> str:
    """Return the lines that the sender wrote, without quoted lines and without the mail quoted at the end."""
    kept: list[str] = []
    for line in text.splitlines():
        words = clean(line)
        if _QUOTE_BEGINS.match(words):
            break
        if words and not words.startswith(">"):
            kept.append(words)
    return "\n".join(kept)


def _dropped_words(names: Sequence[str]) -> list[str]:
    if not names:
        return []
    shown = ", ".join(names[:MOST_NAMED]) + (f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "")
    return [f"Attachments were left out: {shown}."]


def _message_id(headers: dict[str, str], raw: bytes, head_end: int) -> str:
    """Return the mail's own id; if it has none, a digest of those parts that no relay changes."""
    found = _MESSAGE_ID.search(headers.get("message-id", ""))
    if found is not None:
        return _storable(found[1])
    # Bytes that hold no header at all must not look like every other mail without a body.
    content = hashlib.sha256(raw[head_end:] if headers.keys() & _WRITTEN_BY_THE_SENDER else raw)
    for name in _WRITTEN_BY_THE_SENDER:
        content.update(headers.get(name, "").encode("utf-8", "surrogateescape") + b"\n")
    return f"{content.hexdigest()[:32]}@no-message-id"


def _ancestors(headers: dict[str, str]) -> tuple[str, ...]:
    direct = _MESSAGE_ID.findall(headers.get("in-reply-to", "")[:LONGEST_HEADER])
    earlier = _MESSAGE_ID.findall(headers.get("references", ""))[-MOST_ANCESTORS:]
    return tuple(dict.fromkeys(map(_storable, [*direct, *reversed(earlier)])))[:MOST_ANCESTORS]


def _storable(message_id: str) -> str:
    """Return an id in which bytes outside UTF-8 are written as in `a\\xff@x`, because no database stores such bytes."""
    return message_id.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _sent_at(header: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(header[:100])
        return at.astimezone(UTC) if at.tzinfo is not None else None
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
