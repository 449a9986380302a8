"""People's choices about notices in memory, for the store of a rehearsal, in which no person makes one."""

from __future__ import annotations

from collections.abc import Mapping

from oncall.paging.ports.notice_choices import NoticeChoice


class NoticeChoiceBook:
    """Stores choices by person. A base class of the memory store."""

    _choices: dict[str, NoticeChoice]

    def notice_choices(self) -> Mapping[str, NoticeChoice]:
        """Return the choices by the person's id. People who chose nothing are left out."""
        return dict(self._choices)

    def save_notice_choice(self, choice: NoticeChoice) -> None:
        """Store a person's choice. It replaces their earlier one."""
        self._choices[choice.person] = choice
