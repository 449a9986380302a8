"""Who calls and writes in, and which pagers live, as queries on one open transaction."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, insert, select, update

from oncall.errors import NotFound
from oncall.paging.ports.callers import Token
from oncall.paging.ports.records import InboundMessage
from oncall.store import rows
from oncall.store.queries import Queries
from oncall.store.tables import inbound, pagers, tokens

# Rows of pagers that were silent for so long say nothing about tonight.
_FORGET_PAGERS_AFTER = timedelta(days=7)

_INBOUND = select(inbound).where(inbound.c.provider_id == bindparam("wanted"))
_TOKEN_BY_DIGEST = select(tokens).where(tokens.c.digest == bindparam("wanted"))
_TOKENS = select(tokens).order_by(tokens.c.name)
_LAST_BEAT = select(pagers.c.at, pagers.c.channel).order_by(pagers.c.at.desc()).limit(1)


class CallerQueries(Queries):
    """The part of a transaction that knows replies by SMS, callers of the API, and the pagers themselves."""

    def inbound(self, provider_id: str) -> InboundMessage | None:
        """An SMS that came before."""
        row = self._run(_INBOUND, {"wanted": provider_id}).one_or_none()
        return None if row is None else InboundMessage(*tuple(row))

    def add_inbound(self, message: InboundMessage) -> None:
        """Keep it. Raises Conflict for a provider's id that is there already."""
        values = {name: getattr(message, name) for name in ("provider_id", "at", "by", "body", "answer")}
        # PostgreSQL holds no NUL, and a text with one may acknowledge a page all the same.
        values["body"] = message.body.replace("\0", "")
        self._change(insert(inbound), values, subject=f"inbound message {message.provider_id}")

    def add_token(self, token: Token) -> None:
        """Keep it. Raises Conflict when the name is taken."""
        self._change(insert(tokens), rows.token_row(token), subject=f'token "{token.name}"')

    def remove_token(self, name: str) -> None:
        """Forget it. Raises NotFound for a name that has none."""
        if self._run(delete(tokens).where(tokens.c.name == name)).rowcount == 0:
            raise NotFound(f'there is no token "{name[:60]}"; `oncall token list` shows them')

    def token_by_digest(self, digest: str) -> Token | None:
        """The caller whose secret has this digest."""
        row = self._run(_TOKEN_BY_DIGEST, {"wanted": digest}).one_or_none()
        return None if row is None else rows.token(row)

    def tokens(self) -> list[Token]:
        """Every caller, by name."""
        return [rows.token(row) for row in self._run(_TOKENS)]

    def beat(self, worker: str, *, real_now: datetime, channel: str) -> None:
        """Say that this pager is alive; a new one sweeps away those that were silent for a week."""
        seen = update(pagers).where(pagers.c.worker == worker).values(at=real_now, channel=channel)
        if self._run(seen).rowcount == 0:
            self._run(delete(pagers).where(pagers.c.at < real_now - _FORGET_PAGERS_AFTER))
            values = {"worker": worker, "at": real_now, "channel": channel}
            self._change(insert(pagers), values, subject=f"pager {worker}")

    def last_beat(self) -> tuple[datetime, str] | None:
        """When (real time) a pager last said so, and its channel."""
        row = self._run(_LAST_BEAT).one_or_none()
        if row is None:
            return None
        at, channel = tuple(row)
        return at, channel
