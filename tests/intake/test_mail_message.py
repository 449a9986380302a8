"""Mails of every shape are read: their thread, their words, and what was left out. No mail makes the reader fail."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.intake.mail_message import read_mail
from tests.intake.mails import mail

PLAIN = "Content-Type: text/plain; charset=utf-8\r\n\r\n"
HTML = "Content-Type: text/html; charset=utf-8\r\n\r\n"


def parts(*each: str, kind: str = "mixed") -> bytes:
    body = "".join(f"--B1\r\n{part}\r\n" for part in each) + "--B1--\r\n"
    return mail(body=body.encode(), Content_Type=f'multipart/{kind}; boundary="B1"')


def test_a_plain_mail_is_read_whole() -> None:
    found = read_mail(mail("Sessions do not start.\nSince 3 o'clock."))
    assert (found.sender, found.domain, found.subject) == ("kim@acme.example", "acme.example", "Sessions do not start")
    assert (found.message_id, found.ancestors, found.notes) == ("1@acme.example", (), ())
    assert found.text == "Sessions do not start.\nSince 3 o'clock."
    assert found.sent_at == datetime(2027, 1, 9, 8, 12, tzinfo=UTC)


def test_the_nearest_ancestor_comes_first() -> None:
    found = read_mail(mail(In_Reply_To="<3@a>", References="<1@a>\r\n <2@a> <3@a>"))
    assert found.ancestors == ("3@a", "2@a", "1@a")


def test_the_text_is_preferred_to_its_html_twin() -> None:
    assert read_mail(parts(PLAIN + "the text", HTML + "<p>the page</p>", kind="alternative")).text == "the text"


def test_a_mail_with_html_alone_becomes_text() -> None:
    assert read_mail(mail("<p>Checkout is <b>down</b></p>", Content_Type="text/html")).text == "Checkout is down"


def test_quoted_printable_and_base64_bodies_are_decoded() -> None:
    qp = mail(
        "caf=C3=A9 is=\n down", Content_Type="text/plain; charset=utf-8", Content_Transfer_Encoding="quoted-printable"
    )
    b64 = base64.b64encode("Prüfung läuft nicht".encode("latin-1")).decode()
    b64_mail = mail(b64, Content_Type="text/plain; charset=iso-8859-1", Content_Transfer_Encoding="base64")
    assert read_mail(qp).text == "café is down"
    assert read_mail(b64_mail).text == "Prüfung läuft nicht"


def test_attachments_are_dropped_with_a_note() -> None:
    picture = (
        'Content-Type: image/png; name="screen.png"\r\nContent-Disposition: attachment; filename="screen.png"\r\n\r\nx'
    )
    log = "Content-Type: text/plain\r\nContent-Disposition: attachment; filename=a.log\r\n\r\nsecret line"
    found = read_mail(parts(PLAIN + "see the picture", picture, log))
    assert found.text == "see the picture"
    assert found.notes == ("Attachments were left out: screen.png, a.log.",)


def test_quoted_lines_are_no_words_of_the_sender() -> None:
    text = "Still down.\n> When did it start?\n\nOn Sat, 9 Jan 2027 at 03:20, Support wrote:\n> Hello Kim\nold words"
    assert read_mail(mail(text)).text == "Still down."


def test_a_mail_without_an_id_gets_the_same_one_each_time() -> None:
    one = read_mail(b"Received: by a\r\n" + mail(message_id=None))
    same = read_mail(b"Received: by b\r\n" + mail(message_id=None))
    other = read_mail(mail("other words", message_id=None))
    assert one.message_id == same.message_id != other.message_id


def test_a_nul_byte_becomes_a_blank() -> None:
    assert read_mail(mail("a\x00b", subject="x\x00y")).text == "a b"
    assert read_mail(mail("a\x00b", subject="x\x00y")).subject == "x y"


def test_a_header_cannot_be_injected_by_an_encoded_line_break() -> None:
    found = read_mail(mail(subject="=?utf-8?q?hello=0D=0AAuto-Submitted:_auto-replied?="))
    assert found.subject == "hello Auto-Submitted: auto-replied"
    assert "auto-submitted" not in found.headers


@pytest.mark.parametrize(
    "sender", ["", "nonsense", "(" * 4000, "<" * 4000, "a," * 2000, "kim@", "kim@a b.example", "=?utf-8?q?x?="]
)
def test_a_sender_that_is_no_address_is_empty(sender: str) -> None:
    assert read_mail(mail(sender=sender)).sender == ""


def test_parts_nested_thousands_deep_lose_their_text_and_keep_the_subject() -> None:
    deep = "".join(f"--b{n}\r\nContent-Type: multipart/mixed; boundary=b{n + 1}\r\n\r\n" for n in range(3000))
    found = read_mail(mail(body=deep.encode(), Content_Type="multipart/mixed; boundary=b0"))
    assert found.subject == "Sessions do not start"
    assert found.notes == ("The text was left out: the mail has too many parts inside each other.",)


def test_mails_inside_mails_lose_their_text_and_keep_the_subject() -> None:
    raw = mail(body=b"Content-Type: message/rfc822\r\n\r\n" * 2000, Content_Type="message/rfc822")
    assert read_mail(raw).notes == ("The text was left out: the mail's parts cannot be read.",)


def test_a_huge_content_type_loses_the_text_and_keeps_the_subject() -> None:
    found = read_mail(mail(Content_Type="text/plain; " + 'a*0="b";' * 9000))
    assert found.subject == "Sessions do not start"
    assert found.notes == ("The text was left out: the mail describes its parts in more than 4000 characters.",)


def test_a_huge_header_line_is_cut() -> None:
    assert len(read_mail(mail(subject="x" * 500_000)).subject) == 4000


def test_many_small_parts_are_read_in_a_moment() -> None:
    raw = mail(body=b"--b\r\n\r\nx\r\n" * 20_000, Content_Type="multipart/mixed; boundary=b")
    assert read_mail(raw).text.startswith("x\nx")


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=2000))
def test_no_bytes_make_the_reader_fail(raw: bytes) -> None:
    found = read_mail(raw)
    assert found.message_id and found.subject == " ".join(found.subject.split())


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(["From", "Subject", "Date", "Message-ID", "References", "Content-Type"]), st.text(max_size=200))
def test_no_header_makes_the_reader_fail(name: str, value: str) -> None:
    read_mail(f"{name}: {value}\r\n\r\nwords".encode("utf-8", "replace"))


def test_two_mails_without_any_header_are_two_mails() -> None:
    ids = {read_mail(raw).message_id for raw in (b"", b"checkout is down", b"\x00\x01\x02", b"login is down\r\n")}
    assert len(ids) == 4
