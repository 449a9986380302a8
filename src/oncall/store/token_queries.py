"""Queries for inbound SMS, tokens and pagers in one open transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, insert, select, update

from oncall.errors import NotFound
from oncall.paging.ports.callers import Token
from oncall.paging.ports.records import InboundMessage
from oncall.store import rows
from oncall.store.statements import Statements
from oncall.store.tables import inbound, pagers, tokens

# A row of a pager that stopped this long ago is useless.
_FORGET_PAGERS_AFTER = timedelta(days=7)

_INBOUND = select(inbound).where(inbound.c.provider_id == bindparam("wanted"))
_UNHELPFUL = (
    select(inbound.c.provider_id)
    .where(inbound.c.by == bindparam("person"), inbound.c.at > bindparam("since"), inbound.c.unhelpful.is_not(None))
    .limit(bindparam("most"))
)
_TOKEN_BY_DIGEST = select(tokens).where(tokens.c.digest == bindparam("wanted"))
_TOKEN_BY_OLD_DIGEST = select(tokens).where(tokens.c.old_digest == bindparam("wanted"))
_TOKEN = select(tokens).where(tokens.c.name == bindparam("wanted"))
_TOKENS = select(tokens).order_by(tokens.c.name)
_LAST_BEAT = select(pagers.c.at, pagers.c.channel).order_by(pagers.c.at.desc()).limit(1)


class TokenQueries(Statements):
    """The queries for inbound SMS, tokens and pagers."""

    def inbound(self, provider_id: str) -> InboundMessage | None:
        """Return the inbound SMS with this id of the provider; None if there is none."""
        row = self._run(_INBOUND, {"wanted": provider_id}).one_or_none()
        return None if row is None else rows.inbound_message(row)

    def add_inbound(self, message: InboundMessage) -> None:
        """Store an inbound SMS. Raises Conflict if one with its provider id is already stored."""
        values = {name: getattr(message, name) for name in ("provider_id", "at", "by", "body", "answer")}
        # PostgreSQL cannot store NUL characters, and a text with one can still acknowledge a page.
        values["body"] = message.body.replace("\0", "")
        values["unhelpful"] = message.is_unhelpful or None
        self._change(insert(inbound), values, subject=f"inbound message {message.provider_id}")

    def unhelpful_count(self, person: str, *, since: datetime, most: int) -> int:
        """Return how many texts without effect this person has sent since an instant (policy time); at most `most`."""
        return len(self._run(_UNHELPFUL, {"person": person, "since": since, "most": most}).all())

    def add_token(self, token: Token) -> None:
        """Store a token. Raises Conflict if its handle is already stored."""
        self._change(insert(tokens), rows.token_row(token), subject=f'token "{token.handle}"')

    def remove_token(self, name: str) -> None:
        """Delete a token. Raises NotFound if no token has this name."""
        if self._run(delete(tokens).where(tokens.c.name == name)).rowcount == 0:
            raise NotFound(f'there is no token "{name[:60]}"; `oncall token list` shows them')

    def token(self, handle: str) -> Token | None:
        """Return the token with this handle (`ana`, `ana:laptop`); None if there is none."""
        row = self._run(_TOKEN, {"wanted": handle}).one_or_none()
        return None if row is None else rows.token(row)

    def replace_token(self, token: Token) -> None:
        """Update a stored token after a rotation: write its secrets and its end."""
        values = rows.token_row(token)
        changed = {name: values[name] for name in ("digest", "expires_at", "old_digest", "old_ends_at")}
        self._run(update(tokens).where(tokens.c.name == token.handle).values(changed))

    def token_by_digest(self, digest: str) -> Token | None:
        """Return the token whose present or old secret has this digest; None if there is none."""
        for query in (_TOKEN_BY_DIGEST, _TOKEN_BY_OLD_DIGEST):
            row = self._run(query, {"wanted": digest}).one_or_none()
            if row is not None:
                return rows.token(row)
        return None

    def tokens(self) -> list[Token]:
        """Return every token, ordered by handle."""
        return [rows.token(row) for row in self._run(_TOKENS)]

    def note_token_use(self, used: Mapping[str, datetime]) -> None:
        """Store when (real time) tokens were last used, by handle. Unknown handles and earlier times are ignored."""
        for handle, at in used.items():
            is_older = tokens.c.last_used_at.is_(None) | (tokens.c.last_used_at < at)
            self._run(update(tokens).where(tokens.c.name == handle, is_older).values(last_used_at=at))

    def beat(self, worker: str, *, real_now: datetime, channel: str) -> None:
        """Record that a pager is alive. worker: its name. channel: the name of the channel by which it sends.

        The first record of a new pager deletes the rows of pagers that stopped a week ago.
        """
        seen = update(pagers).where(pagers.c.worker == worker).values(at=real_now, channel=channel)
        if self._run(seen).rowcount == 0:
            self._run(delete(pagers).where(pagers.c.at < real_now - _FORGET_PAGERS_AFTER))
            values = {"worker": worker, "at": real_now, "channel": channel}
            self._change(insert(pagers), values, subject=f"pager {worker}")

    def last_beat(self) -> tuple[datetime, str] | None:
        """Return when (real time) a pager last recorded that it was alive, and its channel; None if none ever did."""
        row = self._run(_LAST_BEAT).one_or_none()
        if row is None:
            return None
        at, channel = tuple(row)
        return at, channel
