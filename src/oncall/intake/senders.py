"""The kinds of senders, each with the prefix of its tickets' ids and its reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from oncall.intake.alertmanager import read_alertmanager
from oncall.intake.cloudevents import read_cloudevents
from oncall.intake.mapping import WebhookMapping
from oncall.intake.opsgenie import read_opsgenie
from oncall.intake.pagerduty import read_change, read_pagerduty
from oncall.intake.posts import Reader
from oncall.intake.signals import Origin
from oncall.intake.zendesk import read_zendesk_post
from oncall.paging.ports.callers import Token


@dataclass(frozen=True, slots=True)
class Sender:
    """A kind of sender. name: its name in the log. prefix: how its tickets' ids begin. read: reads its requests."""

    name: str
    prefix: str
    read: Reader

    def origin(self, caller: Token) -> Origin:
        """Return the origin of signals that this caller sends."""
        return Origin(caller, self.name, self.prefix)


SENDERS: Mapping[str, Sender] = MappingProxyType(
    {
        one.name: one
        for one in (
            Sender("alertmanager", "am", read_alertmanager),
            Sender("pagerduty", "pd", read_pagerduty),
            Sender("pagerduty-change", "pd", read_change),
            Sender("opsgenie", "og", read_opsgenie),
            Sender("cloudevents", "ce", read_cloudevents),
            Sender("zendesk", "zd", read_zendesk_post),
        )
    }
)
"""Every kind of sender, by its name."""


def mapped_sender(mapping: WebhookMapping) -> Sender:
    """Return the kind of sender whose requests a mapping reads."""
    return Sender(f"json/{mapping.name}", mapping.name, mapping.read_post)
