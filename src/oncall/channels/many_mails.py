"""Sends mail to many subscribers through a process of its own, and to few in a thread of this one."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime

from oncall.channels.mail_post import MailPost
from oncall.channels.mail_process import LATER, REFUSED, SENT
from oncall.channels.mail_server import MailServer
from oncall.errors import AddressRefused, DeliveryError, Temporary, Unreachable
from oncall.paging.ports.relay import RelayMessage

MANY = 10
"""A batch of so many mails is worth a process. A smaller one is the last of its kind, and ends the process."""
LONGEST_SECONDS = 60.0
"""Real time for one mail. The process itself waits at most 10 s for each step of its exchange with the server."""
STOP_SECONDS = 5.0
ENDED = "the process that sends mail ended"


class ManyMails:
    """A `BatchCarrier` for mail to subscribers. Use it from one event loop and close it at the end.

    server, sender: None if the setting is absent.
    """

    def __init__(self, server: MailServer | None, sender: str | None) -> None:
        self._server, self._sender = server, sender
        self._post = MailPost(server, sender)
        self._process: Process | None = None
        self._is_halted = False

    async def carry(self, message: RelayMessage, *, real_now: datetime) -> None:
        """Send a mail. Raises DeliveryError, whose words hold no address, if the server does not accept it."""
        await self._post.carry(message, real_now=real_now)

    async def carry_batch(self, messages: Sequence[RelayMessage], *, real_now: datetime) -> list[DeliveryError | None]:
        """Send mails in order, until one must be sent again later or `halt` is called.

        Returns for each mail that was tried why it was not accepted, or None.
        """
        if len(messages) < MANY or not await self._is_started():
            await self._end()
            return await self._post.carry_batch(messages, real_now=real_now)
        self._is_halted = False
        outcomes: list[DeliveryError | None] = []
        for message in messages:
            outcomes.append(await self._outcome(message, real_now))
            if self._is_halted or not (outcomes[-1] is None or isinstance(outcomes[-1], AddressRefused)):
                break
        return outcomes

    def halt(self) -> None:
        """Let a batch that is on its way end after the present mail."""
        self._is_halted = True
        self._post.halt()

    async def close(self) -> None:
        """Close the connections, and end the process."""
        await self._end()
        await self._post.close()

    async def _is_started(self) -> bool:
        """Start the process unless it runs. Returns False if that is not possible."""
        if self._process is not None and self._process.returncode is None:
            return True
        if self._server is None or self._sender is None:
            return False
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ONCALL_", "TWILIO_"))}
        try:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "oncall.channels.mail_process"),
                stdin=PIPE,
                stdout=PIPE,
                env=kept,
                # Ctrl-C is for the service, which ends this process itself.
                start_new_session=True,
            )
        except OSError:
            return False
        assert self._process.stdin is not None
        self._process.stdin.write(_line({"server": asdict(self._server), "sender": self._sender}))
        return True

    async def _outcome(self, message: RelayMessage, real_now: datetime) -> DeliveryError | None:
        """Let the process send one mail, and return why it was not accepted, or None."""
        assert self._process is not None and self._process.stdin is not None and self._process.stdout is not None
        mail = {"id": message.id, "body": message.body, "real_now": real_now.isoformat()}
        try:
            self._process.stdin.write(_line(mail))
            await self._process.stdin.drain()
            answer = await asyncio.wait_for(self._process.stdout.readline(), LONGEST_SECONDS)
        except (OSError, TimeoutError):
            answer = b""
        if not answer.endswith(b"\n"):
            await self._kill()
            return Unreachable(ENDED)
        found = json.loads(answer)
        kinds: dict[str, type[DeliveryError]] = {REFUSED: AddressRefused, LATER: Temporary}
        return None if found["outcome"] == SENT else kinds.get(found["outcome"], Unreachable)(found["words"])

    async def _end(self) -> None:
        """End the process by ending its input."""
        process = self._process
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        await self._kill()

    async def _kill(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
            self._process = None


def _line(value: object) -> bytes:
    return json.dumps(value).encode() + b"\n"
