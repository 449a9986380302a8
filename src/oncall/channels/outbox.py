"""The channel for rehearsals. It prints each message and sends nothing."""

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
    """A `paging.ports.Channel` that prints one line for each message to `stream`, and reaches nobody.

    A printed message counts as sent, never as delivered. No phone number is printed. The channel remembers the last
    10,000 messages. now: returns real time, aware UTC.
    """

    def __init__(self, stream: TextIO, now: Callable[[], datetime]) -> None:
        self._stream, self._now = stream, now
        self._printed: deque[_Printed] = deque(maxlen=_MOST_REMEMBERED)

    @property
    def name(self) -> str:
        """Return the channel's name, `outbox`."""
        return "outbox"

    async def send(self, message: Message) -> Receipt:
        """Print the message. Raises Temporary if the stream cannot be written."""
        printed = _Printed(f"{_PREFIX}{message.delivery_id}", message.to, message.body, self._now())
        line = f"outbox, not sent: to {message.to}: {_on_one_line(message.body)}\n"
        if message.spoken is not None:
            line = f"outbox, not called: {message.to}: {_on_one_line(message.spoken)}\n"
        try:
            self._stream.write(_encodable(line, self._stream))
            self._stream.flush()
        except (OSError, ValueError) as error:
            raise Temporary(
                f"the outbox cannot print the message to {message.to} ({type(error).__name__}). oncall retries it."
            ) from error
        self._printed.append(printed)
        return _receipt(printed.provider_id)

    async def find(self, message: Message, *, since: datetime, ends_with: str, known: Sequence[str]) -> Receipt | None:
        """Return the oldest printed message to this person that ends with `ends_with`; None if there is none.

        since: real time, aware UTC; older messages do not count.
        """
        for printed in self._printed:
            is_match = printed.to == message.to and printed.at >= since and printed.body.rstrip().endswith(ends_with)
            if is_match and printed.provider_id not in known:
                return _receipt(printed.provider_id)
        return None

    async def status(self, provider_id: str) -> Receipt:
        """Return SENT, because the outbox gives out an id only after printing. Raises Temporary for any other id."""
        if not provider_id.startswith(_PREFIX):
            raise Temporary(
                "the outbox does not know this message, because another channel sent it; set ONCALL_SMS to that channel"
            )
        return _receipt(provider_id)

    async def close(self) -> None:
        """Do nothing, because the stream belongs to the caller."""


def _receipt(provider_id: str) -> Receipt:
    return Receipt(provider_id, AttemptStatus.SENT)


def _on_one_line(body: str) -> str:
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in body)


def _encodable(line: str, stream: TextIO) -> str:
    encoding = stream.encoding or "utf-8"
    return line.encode(encoding, "backslashreplace").decode(encoding)
