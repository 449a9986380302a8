"""The channel that sends nothing: it prints what would have been sent."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TextIO

from oncall.errors import Temporary
from oncall.paging.domain.ticket import AttemptStatus
from oncall.paging.ports.channel import Message, Receipt

_MOST_REMEMBERED = 10_000
_PREFIX = "outbox-"


@dataclass(frozen=True, slots=True)
class _Printed:
    provider_id: str
    to: str
    body: str
    at: datetime


class OutboxChannel:
    """The `paging.ports.Channel` for rehearsals: one line for each message on `stream`, and nobody is reached.

    A printed message counts as sent and never as delivered. Phone numbers are never printed. The last 10,000
    messages are remembered, in this process alone. now: real time, aware UTC.
    """

    def __init__(self, stream: TextIO, now: Callable[[], datetime]) -> None:
        self._stream, self._now = stream, now
        self._printed: deque[_Printed] = deque(maxlen=_MOST_REMEMBERED)

    @property
    def name(self) -> str:
        """`outbox`."""
        return "outbox"

    async def send(self, message: Message) -> Receipt:
        """Print it. Raises Temporary when the stream cannot be written."""
        printed = _Printed(f"{_PREFIX}{message.delivery_id}", message.to, message.body, self._now())
        line = f"outbox, not sent: to {message.to}: {_on_one_line(message.body)}\n"
        if message.spoken is not None:
            line = f"outbox, not called: {message.to}: {_on_one_line(message.spoken)}\n"
        try:
            self._stream.write(_encodable(line, self._stream))
            self._stream.flush()
        except (OSError, ValueError) as error:
            raise Temporary(
                f"the outbox cannot print the message to {message.to} ({type(error).__name__}); it is tried again."
            ) from error
        self._printed.append(printed)
        return _receipt(printed.provider_id)

    async def find(self, message: Message, *, since: datetime, ends_with: str, known: Sequence[str]) -> Receipt | None:
        """The oldest message to this person that this process printed since then (aware UTC) and that ends so."""
        for printed in self._printed:
            is_meant = printed.to == message.to and printed.at >= since and printed.body.rstrip().endswith(ends_with)
            if is_meant and printed.provider_id not in known:
                return _receipt(printed.provider_id)
        return None

    async def status(self, provider_id: str) -> Receipt:
        """Sent: an id of the outbox is only given out after printing. Raises Temporary for anybody else's id."""
        if not provider_id.startswith(_PREFIX):
            raise Temporary(
                "the outbox does not know this message: another channel sent it; set ONCALL_SMS to that one"
            )
        return _receipt(provider_id)

    async def close(self) -> None:
        """Nothing to let go of: the stream belongs to whoever gave it."""


def _receipt(provider_id: str) -> Receipt:
    return Receipt(provider_id, AttemptStatus.SENT)


def _on_one_line(body: str) -> str:
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in body)


def _encodable(line: str, stream: TextIO) -> str:
    encoding = stream.encoding or "utf-8"
    return line.encode(encoding, "backslashreplace").decode(encoding)
