"""A Zendesk ticket, as Zendesk's triggers and events describe it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from oncall.intake.signals import Unreadable
from oncall.paging.actions.field_faults import instant

PREFIX = "zd-"
_ID = re.compile(r"[A-Za-z0-9._:-]{1,37}")
_NOTHING = ("", "-")
"""Texts that mean that a field is not set."""
SOLVED = ("solved", "closed", "deleted")
_LABELS = {
    "organization": "organization",
    "organisation": "organization",
    "organization_name": "organization",
    "organization_id": "organization_id",
    "customer": "customer",
    "plan": "plan",
    "impact": "impact",
    "priority": "priority",
    "requester_email": "email",
    "email": "email",
    "group": "group",
    "brand": "brand",
    "form": "form",
}
"""For each field of Zendesk that the routing table may read: the label that it becomes."""
TRIGGER_KEYS = (
    *("id", "title", "subject", "status", "tags", "url", "link", "created_at", "updated_at", "requester"),
    *_LABELS,
)


@dataclass(frozen=True, slots=True)
class ZendeskTicket:
    """A Zendesk ticket as one body describes it. number: Zendesk's id. status: in small letters; empty if not given.

    updated_at: when the ticket was in the described state, aware UTC.
    """

    number: str
    subject: str
    status: str
    labels: dict[str, str]
    url: str | None
    created_at: datetime | None
    updated_at: datetime | None
    contact: str | None

    @property
    def id(self) -> str:
        """Return the id of our ticket for it."""
        return PREFIX + self.number

    @property
    def is_over(self) -> bool:
        """Return True if the ticket is solved, closed or deleted."""
        return self.status in SOLVED


def zendesk_ticket(fields: Mapping[str, object]) -> ZendeskTicket:
    """Read a ticket from the fields of a body. All but the id may be missing. Raises Unreadable without a usable id."""
    number = text_of(fields.get("id"))
    if not _ID.fullmatch(number):
        raise Unreadable('the body names no ticket: it needs "id", like {"ticket": {"id": "{{ticket.id}}"}}')
    labels = {label: value for name, label in _LABELS.items() if (value := text_of(fields.get(name)))}
    tags = fields.get("tags")
    words = " ".join(text_of(tag) for tag in tags[:200]) if isinstance(tags, list) else text_of(tags)
    if words:
        labels["tags"] = words
    return ZendeskTicket(
        number=number,
        subject=text_of(fields.get("title")) or text_of(fields.get("subject")),
        status=text_of(fields.get("status")).lower(),
        labels=labels,
        url=text_of(fields.get("url")) or text_of(fields.get("link")) or None,
        created_at=instant(text_of(fields.get("created_at"))),
        updated_at=instant(text_of(fields.get("updated_at"))),
        contact=text_of(fields.get("requester")) or None,
    )


def text_of(value: object) -> str:
    """Return a field as text. A number becomes text, and Zendesk's text for an unset field becomes empty."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    text = value.strip() if isinstance(value, str) else ""
    return "" if text in _NOTHING else text
