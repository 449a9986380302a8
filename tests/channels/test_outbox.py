"""The outbox prints each message and sends nothing."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TextIO

import pytest

from oncall.channels.outbox import OutboxChannel
from oncall.errors import Temporary
from oncall.paging.domain.ticket import AttemptStatus
from oncall.paging.ports.channel import Receipt
from tests.channels.conftest import BODY, PHONE, failure_of, page, send, using

BEFORE = datetime(2026, 1, 1, tzinfo=UTC)


def outbox(stream: TextIO) -> OutboxChannel:
    return OutboxChannel(stream, lambda: BEFORE + timedelta(days=1))


def test_a_message_is_printed_on_one_line_without_a_number() -> None:
    stream = io.StringIO()
    assert send(outbox(stream)) == Receipt("outbox-d-1", AttemptStatus.SENT)
    assert stream.getvalue() == f"outbox, not sent: to ana: {BODY}\n"
    assert PHONE not in stream.getvalue()


def test_a_call_is_printed_on_one_line_without_a_number() -> None:
    stream = io.StringIO()
    call = replace(page(), spoken="This is on call. Urgent ticket T 1.")
    assert send(outbox(stream), call) == Receipt("outbox-d-1", AttemptStatus.SENT)
    assert stream.getvalue() == "outbox, not called: ana: This is on call. Urgent ticket T 1.\n"


def test_line_breaks_and_control_characters_cannot_forge_a_line() -> None:
    stream = io.StringIO()
    send(outbox(stream), page(body="one\r\ntwo\x1b[31m"))
    assert stream.getvalue() == "outbox, not sent: to ana: one\\r\\ntwo\\x1b[31m\n"


def test_a_letter_that_the_stream_cannot_write_is_escaped() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, "ascii")
    send(outbox(stream), page(body="Müller"))
    assert raw.getvalue() == b"outbox, not sent: to ana: M\\xfcller\n"


def test_a_closed_stream_is_a_temporary_failure() -> None:
    stream = io.StringIO()
    stream.close()
    error = failure_of(outbox(stream))
    assert type(error) is Temporary
    assert str(error) == "the outbox cannot print the message to ana (ValueError). oncall retries it."


def test_after_a_restart_no_message_is_found_but_an_old_id_still_counts_as_sent() -> None:
    send(outbox(io.StringIO()))
    restarted = outbox(io.StringIO())
    find = using(restarted, lambda: restarted.find(page(), since=BEFORE, ends_with="ACK 7K2", known=()))
    assert find is None
    assert using(restarted, lambda: restarted.status("outbox-d-1")) == Receipt("outbox-d-1", AttemptStatus.SENT)


def test_the_status_of_another_channels_message_is_a_temporary_failure() -> None:
    channel = outbox(io.StringIO())
    with pytest.raises(Temporary) as caught:
        using(channel, lambda: channel.status("SM" + "0" * 32))
    assert str(caught.value) == (
        "the outbox does not know this message, because another channel sent it; set ONCALL_SMS to that channel"
    )
