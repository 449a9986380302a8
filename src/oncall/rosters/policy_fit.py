"""Checks that a roster and its policy fit: roles and steps, the manager, reminders, and holidays."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from oncall.file_nodes import Node, descend, shown
from oncall.rosters.roster import RotationRules
from oncall.suggestions import listed, nearest, suggestion
from oncall.support.policy import Notify, Policy
from oncall.support.windows import WindowKind

_NO_ROLES = {str(Notify.DESK), str(Notify.MANAGER)}


def check_policy_fit(policy: Policy, roles: Sequence[str], *, has_manager: bool, root: Node) -> None:
    """Record faults and warnings: a role that no step pages, a step for an unknown role, a missing manager.

    root: the whole document of the roster.
    """
    place = descend(root, "rotation", "roles")
    notified = {str(step.notify) for step in policy.escalation.steps}
    if not notified & set(roles):
        place.note(f"the policy {shown(policy.name)} notifies none of these roles, only {', '.join(sorted(notified))}")
        return
    without_role = sorted(notified - _NO_ROLES - set(roles))
    for role in roles:
        if role not in notified:
            _note_unpaged(role, without_role, place)
    if without_role:
        place.warn(
            f"the policy {shown(policy.name)} notifies {listed(without_role)}, which is no role of this roster: such a "
            "step pages nobody"
        )
    if Notify.MANAGER in notified and not has_manager:
        root.warn(
            "has no manager, so the steps for the manager page nobody; write "
            'manager: {id: mei, name: Mei Lin, phone: "+13055550100"}'
        )


def check_holidays(policy: Policy, rules: RotationRules | None, root: Node) -> None:
    """Warn about `holidays` that make no shift, because the policy has no business hours.

    rules: None if they have faults. root: the whole document of the roster.
    """
    place = descend(root, "holidays")
    if place is root or any(span.kind is WindowKind.BUSINESS for span in policy.spans):
        return
    is_used = rules is not None and rules.holidays_apart > 1
    place.warn(
        f"the policy {shown(policy.name)} has no business hours, so a holiday is an ordinary on-call day and no shift "
        f"of its own{', except that holidays_apart counts it' if is_used else ''}"
    )


def check_reminders(policy: Policy, people: Collection[str], root: Node) -> None:
    """Warn about ids under the policy's `reminders: not_to` that are not on the roster.

    people: the ids of the engineers. root: the whole document of the roster.
    """
    for name in policy.reminders.not_to:
        if name not in people:
            hint = suggestion(name, sorted(people))
            descend(root, "engineers").warn(
                f"the policy {shown(policy.name)} leaves {shown(name)} out of reminders, who is not on this roster; "
                f"{hint}"
            )


def _note_unpaged(role: str, without_role: Collection[str], place: Node) -> None:
    meant = nearest(role, without_role, likeness=0.75)
    if meant is not None:
        place.note(f'no step of the escalation notifies "{role}"; did you mean "{meant}"?')
    else:
        place.warn(f'no step of the escalation notifies "{role}": its engineer is on call and never paged')
