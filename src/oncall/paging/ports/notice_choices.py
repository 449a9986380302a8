"""Stored choices of people about reminders and courtesy notices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class NoticeChoice:
    """The choice of one person. It does not affect pages and other texts that ask for an answer.

    reminders: how long before a shift the person is reminded, the longest time first; None: as the policy says.
    is_quiet: True if the person gets no courtesy notices.
    """

    person: str
    reminders: tuple[timedelta, ...] | None = None
    is_quiet: bool = False


class NoticeChoices(Protocol):
    """Stores people's choices of reminders and courtesy notices."""

    def notice_choices(self) -> Mapping[str, NoticeChoice]:
        """Return the choices by the person's id. People who chose nothing are left out."""

    def save_notice_choice(self, choice: NoticeChoice) -> None:
        """Store a person's choice. It replaces their earlier one."""
