"""Messages to team channels about other things than ticket events: alarms, handoffs, and alerts to the manager."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from oncall.paging.domain.reachability import Alert
from oncall.paging.ports.relay import TEAM_CHANNEL, RelayMessage
from oncall.paging.relay.ticket_messages import message_id
from oncall.support.outward import TeamChannel, Topic

LONGEST_TEXT = 4000


def words_for_channels(
    topic: Topic, source: str, text: str, channels: Iterable[TeamChannel], real_now: datetime
) -> list[RelayMessage]:
    """Return a message with this text for each team channel with this topic.

    source: identifies the text; a channel gets only one message with the same topic and source.
    """
    wanting = [f"{TEAM_CHANNEL}:{channel.name}" for channel in channels if topic in channel.about]
    said, told = text[:LONGEST_TEXT], f"{topic.value}|{source}"
    return [RelayMessage(message_id(to, told), to, topic.value, None, 0, said, real_now, real_now) for to in wanting]


def manager_messages(
    alerts: Iterable[Alert], manager: str | None, channels: Iterable[TeamChannel], real_now: datetime
) -> Iterator[RelayMessage]:
    """Yield the alerts to the manager as messages to each team channel with the topic `manager`."""
    listed = list(channels)
    for alert in alerts:
        if alert.to == manager:
            yield from words_for_channels(Topic.MANAGER, alert.id, alert.body, listed, real_now)
