"""The relay's part of the memory store. It stores nothing, because a rehearsal sends nothing to other systems."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from oncall.paging.domain.events import Event
from oncall.paging.ports.relay import EVENTS_RELAYED, RelayBacklog, RelayFilter, RelayMessage


class NoRelay:
    """The relay's part of the memory store: it stores no messages, and has no events for the relay."""

    def last_event(self, ticket: str | None = None) -> int:
        """Return 0, as if there were no events."""
        return 0

    def events_after(self, number: int, *, most: int) -> list[Event]:
        """Return no events."""
        return []

    def event_numbers_after(self, number: int, *, most: int) -> list[int]:
        """Return no numbers."""
        return []

    def messages_to_customers(self, *, after: int, until: int) -> list[Event]:
        """Return no events."""
        return []

    def relay_cursor(self, name: str = EVENTS_RELAYED) -> int | None:
        """Return None, as if the cursor were not set."""
        return None

    def move_relay_cursor(self, before: int | None, after: int | None, name: str = EVENTS_RELAYED) -> bool:
        """Do nothing, and return False."""
        return False

    def add_relay_messages(self, messages: Sequence[RelayMessage]) -> None:
        """Do nothing: no message is stored."""

    def claim_relay_messages(
        self, to: str, *, real_now: datetime, lease_until: datetime, most: int
    ) -> list[RelayMessage]:
        """Return no messages."""
        return []

    def relay_due(self, real_now: datetime) -> list[str]:
        """Return no destinations."""
        return []

    def update_relay_messages(self, messages: Sequence[RelayMessage]) -> None:
        """Do nothing: no message is stored."""

    def relay_message(self, message_id: str) -> RelayMessage | None:
        """Return None, because no message is stored."""
        return None

    def relay_messages(self, wanted: RelayFilter) -> list[RelayMessage]:
        """Return no messages."""
        return []

    def relay_backlogs(self) -> dict[str, RelayBacklog]:
        """Return no backlogs."""
        return {}

    def quarantine_relay_messages(self, to: str, *, written_before: datetime, error: str) -> int:
        """Do nothing, and return 0."""
        return 0

    def forget_relay_messages(self, *, written_before: datetime) -> None:
        """Do nothing: no message is stored."""
