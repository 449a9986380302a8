"""Reads and changes a person's choice of reminders and courtesy notices.

Pages, texts that ask for an answer, and texts about changed shifts cannot be switched off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Protocol, TypedDict

from oncall.errors import NotFound
from oncall.paging.actions.caller_actions import NotAllowed
from oncall.paging.actions.engineer_tokens import roster_fault
from oncall.paging.actions.field_faults import FieldFault, FieldFaults, shown
from oncall.paging.actions.permissions import Access, Operation, access
from oncall.paging.domain.quoted_text import clean, quoted
from oncall.paging.outgoing.reminders import reminder_times
from oncall.paging.ports.callers import Token
from oncall.paging.ports.notice_choices import NoticeChoice, NoticeChoices
from oncall.paging.ports.schedule_store import Schedules
from oncall.suggestions import suggestion
from oncall.support.reminders import CHOICES

AS_POLICY = "policy"
"""The value of `reminders` that means the reminders of the policy."""


class ChoiceStore(Schedules, NoticeChoices, Protocol):
    """The queries that read and change a choice."""


class ReminderChoiceView(TypedDict):
    """A person's choice of reminders and courtesy notices."""

    engineer: Annotated[str, "The person's id."]
    reminders: Annotated[
        list[str] | None, "The chosen reminders: `week`, `day` or `hour` before a shift; null for those of the policy."
    ]
    before_seconds: Annotated[list[int], "How long before a shift they are reminded, in seconds, the longest first."]
    quiet: Annotated[
        bool, "True if they get no courtesy notices (that a ticket is taken, and the briefing at a handoff)."
    ]


@dataclass(frozen=True, slots=True)
class ChoiceAsked:
    """A change of a person's choice. engineer: their id; None: not given, which means the caller.

    reminders: names of `CHOICES`, or `AS_POLICY`. If `reminders` or `is_quiet` is None, that part stays unchanged.
    """

    engineer: str | None
    reminders: tuple[str, ...] | str | None
    is_quiet: bool | None


def choice_from(posted: object) -> ChoiceAsked:
    """Return the new choice of reminders and courtesy notices that a posted JSON object asks for.

    Raises FieldFaults with every wrong field.
    """
    if not isinstance(posted, Mapping):
        raise FieldFaults([FieldFault("reminders", 'a JSON object is needed, like {"reminders": ["day", "hour"]}')])
    engineer, wanted, quiet = posted.get("engineer"), posted.get("reminders"), posted.get("quiet")
    faults = []
    if engineer is not None and not (isinstance(engineer, str) and 0 < len(engineer) <= 60):
        faults.append(FieldFault("engineer", "write an engineer's id"))
    if quiet is not None and not isinstance(quiet, bool):
        faults.append(FieldFault("quiet", "write true or false"))
    reminders = _named(wanted)
    if wanted is not None and reminders is None:
        words = (
            f'{shown(wanted)} is no choice; write "policy", or a list of "week", "day" and "hour", each at most once'
        )
        faults.append(FieldFault("reminders", words))
    if faults:
        raise FieldFaults(faults)
    return ChoiceAsked(engineer, reminders, quiet)


def _named(wanted: object) -> tuple[str, ...] | str | None:
    """Return the chosen names in the order of `CHOICES`, or `AS_POLICY`; None for a value that is neither."""
    if wanted == AS_POLICY:
        return AS_POLICY
    if not isinstance(wanted, list) or len(wanted) > len(CHOICES):
        return None
    named = tuple(name for name in CHOICES if name in wanted)
    return named if len(named) == len(wanted) else None


def chooser(caller: Token, engineer: str | None) -> str:
    """Return the id of the engineer whose choice the caller may change. engineer: as posted; None: not given.

    For an engineer's token it is that engineer. Raises NotAllowed if an engineer names another one, and FieldFaults if
    another caller names no engineer.
    """
    if access(caller.role, Operation.CHOOSE_REMINDERS) is Access.AS_ITSELF:
        if engineer not in (None, caller.name):
            raise NotAllowed(
                f"this token may choose only the reminders of {caller.name}; a manager may choose for others"
            )
        return caller.name
    if engineer is None:
        raise FieldFaults([FieldFault("engineer", "name an engineer by their id")])
    return engineer


def choice_view(tx: ChoiceStore, person: str) -> ReminderChoiceView:
    """Return a person's choice as JSON. Raises NotFound for a person on no roster."""
    schedule = tx.schedule()
    if roster_fault(person, schedule) is not None:
        hint = suggestion(clean(person), sorted(schedule.people))
        raise NotFound(f"nobody on the published rosters has the id {quoted(person)}; {hint}")
    choices = tx.notice_choices()
    chosen = choices.get(person, NoticeChoice(person))
    named = None if chosen.reminders is None else [name for name, span in CHOICES.items() if span in chosen.reminders]
    times = reminder_times(person, tx.policy().reminders, choices)
    return {
        "engineer": person,
        "reminders": named,
        "before_seconds": [int(each.total_seconds()) for each in times],
        "quiet": chosen.is_quiet,
    }


def save_choice(tx: ChoiceStore, person: str, asked: ChoiceAsked) -> ReminderChoiceView:
    """Change a person's choice. Returns the choice as JSON. Raises NotFound for a person on no roster."""
    choice_view(tx, person)
    chosen = tx.notice_choices().get(person, NoticeChoice(person))
    if asked.reminders is not None:
        chosen = replace(chosen, reminders=_times(asked.reminders))
    if asked.is_quiet is not None:
        chosen = replace(chosen, is_quiet=asked.is_quiet)
    tx.save_notice_choice(chosen)
    return choice_view(tx, person)


def _times(names: tuple[str, ...] | str) -> tuple[timedelta, ...] | None:
    return None if isinstance(names, str) else tuple(CHOICES[name] for name in names)
