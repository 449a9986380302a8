"""The bytes of a mail: what a mail program reads from them is what was meant."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.channels.mail_bytes import LONGEST_LINE, mail_bytes
from oncall.paging.ports.outgoing_mail import OutgoingMail

NOW = datetime(2027, 1, 9, 8, 12, tzinfo=UTC)
FROM = "status@example.com"
_WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=300)
_TEXTS = st.lists(_WORDS, max_size=6).map("\n".join)


def written(subject: str = "Portal down", text: str = "We look.\n", **headers: str) -> bytes:
    return mail_bytes(OutgoingMail("ana@example.org", subject, text, headers), FROM, "msg_1", NOW)


def text_of(letter: EmailMessage) -> str:
    """Return the text of a letter, without the line break at its end."""
    content: str = letter.get_content()
    return content.replace("\r\n", "\n").rstrip("\n")


@given(_WORDS, _TEXTS)
def test_any_subject_and_text_arrive_as_they_were_written(subject: str, text: str) -> None:
    raw = written(subject, text)
    letter = message_from_bytes(raw, policy=default)
    assert " ".join(str(letter["Subject"]).split()) == " ".join(subject.split())
    assert text_of(letter) == text.rstrip("\n")
    assert raw.isascii() and max(map(len, raw.split(b"\r\n"))) <= 998
    assert raw.replace(b"\r\n", b"").count(b"\n") == 0


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("We look.\n", "7bit"),
        ("\u00c4rger with the disk.\n", "quoted-printable"),
        ("\u0421\u0431\u043e\u0439 \u0441\u0435\u0440\u0432\u0435\u0440\u0430\n", "base64"),
        ("x" * (LONGEST_LINE + 1), "quoted-printable"),
    ],
)
def test_a_text_is_sent_as_it_is_where_that_is_allowed_and_else_in_the_shorter_encoding(
    text: str, encoding: str
) -> None:
    letter = message_from_bytes(written(text=text), policy=default)
    assert (letter["Content-Transfer-Encoding"], text_of(letter)) == (encoding, text.rstrip("\n"))


def test_headers_that_programs_compare_are_not_folded_or_changed() -> None:
    link = f"<https://status.example.com/status/u/{'t' * 300}>"
    raw = written(**{"List-Unsubscribe": link})
    assert f"\r\nList-Unsubscribe: {link}\r\n".encode() in raw
    assert b"\r\nMessage-ID: <msg_1@example.com>\r\n" in raw


def test_a_header_with_a_line_break_is_refused() -> None:
    with pytest.raises(ValueError, match="may not contain linefeed or carriage return"):
        written(**{"X-Note": "a\r\nBcc: eve@example.org"})
