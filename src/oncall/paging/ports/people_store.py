"""What is asked of the store about people and programs: who is reached, alerts, inbound messages, callers, pagers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from oncall.paging.domain.reachability import Alert, Reachability
from oncall.paging.ports.callers import Token
from oncall.paging.ports.records import InboundMessage


class ReachabilityLog(Protocol):
    """Who can be reached by which channel."""

    def note_reachability(self, mark: Reachability) -> None:
        """Append a mark that says whether this channel reaches this person. The latest mark counts."""

    def opted_out(self) -> list[Reachability]:
        """Return the latest mark of each person and channel that are opted out, in the order of ids."""

    def reached(self) -> Mapping[str, datetime]:
        """Return when (policy time) the last message to or from each person was delivered, by the person's id."""


class Alerts(Protocol):
    """Messages that belong to no ticket."""

    def add_alert(self, alert: Alert) -> bool:
        """Keep it, to be sent; False, and nothing is kept, if there is one about the same already."""

    def claim_alerts(self, *, real_now: datetime, lease_until: datetime) -> list[Alert]:
        """Take over alerts that are due, and put them off until the lease ends; no two callers get the same one."""

    def update_alert(self, alert: Alert) -> None:
        """Write everything that can change: due_at, sends, provider id, error, sent_at."""

    def alerts(self, *, written_since: datetime) -> list[Alert]:
        """Alerts written since an instant (real time), the newest first."""


class Inbox(Protocol):
    """SMS that people sent to us."""

    def inbound(self, provider_id: str) -> InboundMessage | None:
        """Return the stored SMS with this provider's id, or None."""

    def add_inbound(self, message: InboundMessage) -> None:
        """Keep it, for replays."""


class Tokens(Protocol):
    """The callers of the API."""

    def add_token(self, token: Token) -> None:
        """Keep it. Raises Conflict when the name is taken."""

    def remove_token(self, name: str) -> None:
        """Forget it. Raises NotFound."""

    def token_by_digest(self, digest: str) -> Token | None:
        """Return the caller whose secret has this digest."""

    def tokens(self) -> list[Token]:
        """Return every caller, by name."""


class Pagers(Protocol):
    """The pagers that run on this store."""

    def beat(self, worker: str, *, real_now: datetime, channel: str) -> None:
        """Note that this pager is alive."""

    def last_beat(self) -> tuple[datetime, str] | None:
        """Return when (real time) a pager last beat, and its channel."""
