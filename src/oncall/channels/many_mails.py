"""Sends mail to many subscribers through a process of its own, and mail to few in a thread of this process."""

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
from oncall.channels.mail_process import DELAYED, LATER, REFUSED, SENT
from oncall.channels.mail_server import MailServer
from oncall.errors import AddressDelayed, AddressRefused, DeliveryError, Temporary, Unreachable
from oncall.paging.ports.relay import RelayMessage, stops_others

MANY = 10
"""A batch of at least this many mails is sent by the process. A smaller batch is a last one, and ends the process."""
LONGEST_SECONDS = 60.0
"""How long (real seconds) one mail may take. The process waits at most 10 s for each step of its exchange."""
COLLECT_SECONDS = 0.05
"""Real seconds in which the process sends most batches."""
STOP_SECONDS = 5.0
ENDED = "the process that sends mail ended"


class ManyMails:
    """A `BatchCarrier` for mail to subscribers. Use it from one event loop and close it at the end.

    server, sender: None if the setting is not set.
    """

    def __init__(self, server: MailServer | None, sender: str | None) -> None:
        self._server, self._sender = server, sender
        self._post = MailPost(server, sender)
        self._process: Process | None = None
        self._is_halted = False

    async def carry(self, message: RelayMessage, *, real_now: datetime) -> None:
        """Send a mail. Raises DeliveryError, which shows no address, if the server does not accept the mail."""
        await self._post.carry(message, real_now=real_now)

    async def carry_batch(self, messages: Sequence[RelayMessage], *, real_now: datetime) -> list[DeliveryError | None]:
        """Send mails in order, until the server accepts no mail any more, or until `halt` is called.

        Returns one entry for each mail that was tried: the error if the mail was not accepted, else None.
        """
        if len(messages) < MANY or not await self._is_started():
            await self._end()
            return await self._post.carry_batch(messages, real_now=real_now)
        self._is_halted = False
        outcomes: list[DeliveryError | None] = []
        try:
            await self._hand_over(messages, real_now)
            # The loop then reads the answers of many mails at once, and a page needs the interpreter meanwhile.
            await asyncio.sleep(COLLECT_SECONDS)
            while len(outcomes) < len(messages) and not (outcomes and stops_others(outcomes[-1])):
                outcomes.append(await self._next_outcome())
        except (OSError, EOFError):
            await self._kill()
            if not self._is_halted:
                outcomes.append(Unreachable(ENDED))
        return outcomes

    def halt(self) -> None:
        """Stop the batch that is being sent, after the present mail."""
        self._is_halted = True
        self._post.halt()
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.terminate()

    async def close(self) -> None:
        """Close the connections, and end the process."""
        await self._end()
        await self._post.close()

    async def _is_started(self) -> bool:
        """Start the process if it does not run. Returns False if it cannot be started."""
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

    async def _hand_over(self, messages: Sequence[RelayMessage], real_now: datetime) -> None:
        """Give the process a batch of mails. Raises OSError if the process has ended."""
        assert self._process is not None and self._process.stdin is not None
        mails = [{"id": message.id, "body": message.body} for message in messages]
        self._process.stdin.write(_line({"real_now": real_now.isoformat(), "mails": mails}))
        await self._process.stdin.drain()

    async def _next_outcome(self) -> DeliveryError | None:
        """Wait for the result of the batch's next mail: the error if it was not accepted, else None.

        Raises EOFError if the process has ended, and TimeoutError if it takes too long.
        """
        assert self._process is not None and self._process.stdout is not None
        async with asyncio.timeout(LONGEST_SECONDS):
            answer = await self._process.stdout.readline()
        if not answer.endswith(b"\n"):
            raise EOFError
        found = json.loads(answer)
        kinds: dict[str, type[DeliveryError]] = {REFUSED: AddressRefused, DELAYED: AddressDelayed, LATER: Temporary}
        return None if found["outcome"] == SENT else kinds.get(found["outcome"], Unreachable)(found["words"])

    async def _end(self) -> None:
        """End the process by closing its input."""
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
