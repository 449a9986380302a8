"""Choices about notices in the memory store of a rehearsal, in which no person makes one."""

from __future__ import annotations

from collections.abc import Mapping

from oncall.paging.ports.notice_choices import NoticeChoice


class NoticeChoiceBook:
    """Keeps choices for the store that inherits it, by person."""

    _choices: dict[str, NoticeChoice]

    def notice_choices(self) -> Mapping[str, NoticeChoice]:
        """Return the choices by the person's id; people who chose nothing are left out."""
        return dict(self._choices)

    def save_notice_choice(self, choice: NoticeChoice) -> None:
        """Store the choice of a person in place of their last one."""
        self._choices[choice.person] = choice
