"""Protocols for opt-outs, alerts, inbound messages, callers and pagers in the store."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from oncall.paging.domain.reachability import Alert, Reachability
from oncall.paging.ports.callers import Token
from oncall.paging.ports.records import InboundMessage


class ReachabilityLog(Protocol):
    """Records which person can be reached by which channel."""

    def note_reachability(self, mark: Reachability) -> None:
        """Record that a person opted out of a channel or back in. The latest record counts."""

    def opted_out(self) -> list[Reachability]:
        """Return the latest entry of each person and channel, if the person has opted out; in the order of ids."""

    def reached(self) -> Mapping[str, datetime]:
        """Return when (policy time) the last message to or from each person was delivered, by the person's id."""


class Alerts(Protocol):
    """Stores and claims messages that belong to no ticket."""

    def add_alert(self, alert: Alert) -> bool:
        """Store an alert to be sent and return True, or return False if there is one about the same subject already."""

    def claim_alerts(self, *, real_now: datetime, lease_until: datetime) -> list[Alert]:
        """Claim all due alerts, under a lease until `lease_until`. No two callers get the same alert."""

    def update_alert(self, alert: Alert) -> None:
        """Store the columns of an alert that can change: due_at, sends, provider id, error and sent_at."""

    def alerts(self, *, written_since: datetime) -> list[Alert]:
        """Return the alerts written since `written_since` (real time), the newest first."""


class Inbox(Protocol):
    """Stores the SMS that people sent to us."""

    def inbound(self, provider_id: str) -> InboundMessage | None:
        """Return the inbound SMS with this id of the provider, or None."""

    def add_inbound(self, message: InboundMessage) -> None:
        """Store an inbound SMS. Raises Conflict if its provider id is already stored."""

    def unhelpful_count(self, person: str, *, since: datetime, most: int) -> int:
        """Return how many unhelpful texts this person has sent since an instant (policy time); at most `most`."""


class Tokens(Protocol):
    """Stores the tokens of the API's callers."""

    def add_token(self, token: Token) -> None:
        """Store a token. Raises Conflict if the name is taken."""

    def remove_token(self, name: str) -> None:
        """Delete a token. Raises NotFound if there is none with this name."""

    def token(self, handle: str) -> Token | None:
        """Return the token with this handle (`ana`, `ana:laptop`), or None."""

    def replace_token(self, token: Token) -> None:
        """Store the secrets and the end of a token that was rotated."""

    def token_by_digest(self, digest: str) -> Token | None:
        """Return the token with this digest, as its present or its old one, or None."""

    def tokens(self) -> list[Token]:
        """Return every token, by handle."""

    def note_token_use(self, used: Mapping[str, datetime]) -> None:
        """Store when (real time) tokens were last used, by handle. Unknown handles and older times change nothing."""


class Pagers(Protocol):
    """Stores the heartbeats of the pagers that run on this store."""

    def beat(self, worker: str, *, real_now: datetime, channel: str) -> None:
        """Record that this pager is alive."""

    def last_beat(self) -> tuple[datetime, str] | None:
        """Return when (real time) a pager last recorded that it was alive, and its channel; None if none ever did."""
