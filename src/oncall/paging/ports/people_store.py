"""Protocols for stored opt-outs, alerts, inbound messages, tokens and pagers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from oncall.paging.domain.reachability import Alert, Reachability
from oncall.paging.ports.callers import Token
from oncall.paging.ports.records import InboundMessage


class ReachabilityLog(Protocol):
    """Records which channels reach which people."""

    def note_reachability(self, mark: Reachability) -> None:
        """Record that a person opted out of a channel, or opted in again. The latest record counts."""

    def opted_out(self) -> list[Reachability]:
        """Return the latest record of each person and channel that is opted out, ordered by the person's id."""

    def reached(self) -> Mapping[str, datetime]:
        """Return, by the person's id, when (policy time) a message to them was last delivered or one from them came."""


class Alerts(Protocol):
    """Stores and claims alerts: messages to people that belong to no ticket."""

    def add_alert(self, alert: Alert) -> bool:
        """Store an alert. Returns False, and stores nothing, if there is an alert with the same subject."""

    def claim_alerts(self, *, real_now: datetime, lease_until: datetime) -> list[Alert]:
        """Claim all due alerts, under a lease until `lease_until` (real time). No two callers get the same alert."""

    def update_alert(self, alert: Alert) -> None:
        """Update a stored alert: write due_at, sends, provider id, error and sent_at."""

    def alerts(self, *, written_since: datetime) -> list[Alert]:
        """Return the alerts written since `written_since` (real time), the newest first."""


class Inbox(Protocol):
    """Stores the SMS that people sent to us."""

    def inbound(self, provider_id: str) -> InboundMessage | None:
        """Return the inbound SMS with this id of the provider; None if there is none."""

    def add_inbound(self, message: InboundMessage) -> None:
        """Store an inbound SMS. Raises Conflict if one with its provider id is already stored."""

    def unhelpful_count(self, person: str, *, since: datetime, most: int) -> int:
        """Return how many texts without effect this person has sent since an instant (policy time); at most `most`."""


class Tokens(Protocol):
    """Stores the tokens of the API's callers."""

    def add_token(self, token: Token) -> None:
        """Store a token. Raises Conflict if its handle is already stored."""

    def remove_token(self, name: str) -> None:
        """Delete a token. Raises NotFound if no token has this name."""

    def token(self, handle: str) -> Token | None:
        """Return the token with this handle (`ana`, `ana:laptop`); None if there is none."""

    def replace_token(self, token: Token) -> None:
        """Update a stored token after a rotation: write its secrets and its end."""

    def token_by_digest(self, digest: str) -> Token | None:
        """Return the token whose present or old secret has this digest; None if there is none."""

    def tokens(self) -> list[Token]:
        """Return every token, ordered by handle."""

    def note_token_use(self, used: Mapping[str, datetime]) -> None:
        """Store when (real time) tokens were last used, by handle. Unknown handles and earlier times are ignored."""


class Pagers(Protocol):
    """Stores when the pagers that use this store were last alive."""

    def beat(self, worker: str, *, real_now: datetime, channel: str) -> None:
        """Record that a pager is alive. worker: its name. channel: the name of the channel by which it sends."""

    def last_beat(self) -> tuple[datetime, str] | None:
        """Return when (real time) a pager last recorded that it was alive, and its channel; None if none ever did."""
