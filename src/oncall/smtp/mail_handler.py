"""Answers the commands of an SMTP dialogue: accepts recipients and stores mails."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from oncall.errors import Conflict, StoreError
from oncall.intake.arrivals import note_arrival
from oncall.intake.incoming_mail import MAIL, take_mail
from oncall.intake.mail_message import Mail, read_mail
from oncall.intake.signals import Became, Origin, Taken
from oncall.paging.ports.callers import CallerRole, Token
from oncall.paging.ports.store import Transaction
from oncall.paging.sending.engine import Engine

MOST_RECIPIENTS = 50
MOST_FOREIGN = 50
"""The most recipients of one mail that are looked up although they are not ours."""
_MOST_TIMES = 3
_AWAY = "451 4.3.0 The mail cannot be stored now; send it again later"
_FOREIGN = "550 5.1.1 No ticket is opened by mail to this address"
_TOO_MANY = f"452 4.5.3 Too many recipients; {MOST_RECIPIENTS} at most"

ORIGIN = Origin(Token(MAIL, CallerRole.INTAKE, "", datetime(1970, 1, 1, tzinfo=UTC)), MAIL, MAIL)


class MailHandler:
    """The hooks that aiosmtpd calls. A mail is answered with 250 only after it is stored."""

    def __init__(self, engine: Engine, *, answers_each: bool) -> None:
        """answers_each: True for LMTP, which needs an answer for each recipient."""
        self._engine, self._answers_each = engine, answers_each
        self._log = structlog.get_logger("oncall.mail")
        # A hostile mail takes seconds to read; several at once would keep the pager from the processor.
        self._reading = asyncio.Semaphore(1)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accept an address that the policy lists, and refuse others before the mail is sent.

        Returns the SMTP answer.
        """
        foreign = getattr(envelope, "foreign", 0)
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS or foreign >= MOST_FOREIGN:
            return _TOO_MANY
        try:
            rules = await self._engine.read(lambda tx: tx.policy().mail)
        except StoreError:
            return _AWAY
        if not rules.takes(address):
            envelope.foreign = foreign + 1  # type: ignore[attr-defined]  # our count on its object
            return _FOREIGN
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Store the mail, and then return the SMTP answer."""
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        answer = await self._stored(raw, envelope.mail_from or "", envelope.rcpt_tos[0])
        return "\r\n".join([answer] * len(envelope.rcpt_tos)) if self._answers_each else answer

    async def handle_exception(self, error: Exception) -> str:
        """Return the SMTP answer after an unexpected error. It makes the relay keep the mail and send it again."""
        self._log.error("a mail failed", action="mail_failed", error=type(error).__name__, exc_info=error)
        return _AWAY

    async def _stored(self, raw: bytes, sender: str, recipient: str) -> str:
        async with self._reading:
            mail = await asyncio.to_thread(read_mail, raw)
        try:
            taken = await self._taken(mail, sender, recipient)
        except StoreError:
            return _AWAY
        for one in taken:
            self._engine.send_soon(one.attempts)
            if one.became is Became.OPENED and one.action is not None:
                self._engine.observer.ticket_accepted(one.action)
        self._engine.wake()
        outcome, ticket = taken[0].became.value, taken[0].ticket
        self._log.info("a mail came", action="mail_taken", became=outcome, ticket=ticket, why=taken[0].why)
        return f"250 2.0.0 {ticket} {outcome}" if ticket is not None else f"250 2.0.0 {outcome}"

    async def _taken(self, mail: Mail, sender: str, recipient: str) -> list[Taken]:
        def work(tx: Transaction) -> list[Taken]:
            context = self._engine.context(MAIL)
            taken = take_mail(tx, mail, sender, recipient, ORIGIN, context)
            note_arrival(tx, ORIGIN, "smtp", taken, context)
            return taken

        for _ in range(_MOST_TIMES - 1):
            try:
                return await self._engine.write(work)
            except Conflict:
                # Another process stored the same mail at the same time; the next look finds it.
                continue
        return await self._engine.write(work)
