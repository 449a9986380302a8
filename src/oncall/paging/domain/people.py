"""Finds the person whom an escalation step pages, and the names of people."""

from __future__ import annotations

from oncall.schedule.schedule import OnCall, Schedule
from oncall.schedule.versions import Person
from oncall.support.policy import Notify

DESK = "desk"
SUPPORT_TEAM = "Our support team"
"""The author that a customer sees if the author is not a person of the roster."""


def person_for(notify: Notify, schedule: Schedule, on_call: OnCall) -> Person | None:
    """Return the person whom a step pages, given who is on call; None if nobody has the role.

    If the roster has neither a role `primary` nor `secondary`, its first role counts as `primary` and its second as
    `secondary`.
    """
    if notify is Notify.MANAGER:
        return schedule.manager_at(on_call.at)
    role = _role_for(notify, schedule.roles_at(on_call.at))
    duty = on_call.roles.get(role) if role is not None else None
    return schedule.people.get(duty.engineer) if duty is not None else None


def first_responder(schedule: Schedule, on_call: OnCall) -> str | None:
    """Return the id of the first person to page: the primary, else the secondary or another role, else the manager."""
    others = (Notify(role) for role in schedule.roles_at(on_call.at))
    for notify in (Notify.PRIMARY, Notify.SECONDARY, *others, Notify.MANAGER):
        person = person_for(notify, schedule, on_call)
        if person is not None:
            return person.id
    return None


def name_of(person_id: str, schedule: Schedule) -> str:
    """Return a person's name from the published rosters; the id itself for any other actor, such as a help desk."""
    person = schedule.people.get(person_id)
    return person.name if person is not None else person_id


def first_name(person_id: str | None, schedule: Schedule) -> str:
    """Return the first name of a person of the roster; `Our support team` for any other author and for None."""
    known = schedule.people.get(person_id) if person_id is not None else None
    return known.name.partition(" ")[0] if known is not None else SUPPORT_TEAM


def _role_for(notify: Notify, roles: tuple[str, ...]) -> str | None:
    if str(notify) in roles:
        return str(notify)
    position = {Notify.PRIMARY: 0, Notify.SECONDARY: 1}.get(notify)
    if position is None or position >= len(roles) or {"primary", "secondary"} & set(roles):
        return None
    return roles[position]
