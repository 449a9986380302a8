"""Checks that a team can fill its roles on a day on which no one is away. Days off are left to the planner."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from oncall.file_nodes import Node
from oncall.rosters.roster import Engineer


def check_staffing(engineers: Sequence[Engineer], roles: Sequence[str], kinds: Sequence[str], node: Node) -> None:
    """Record a fault at `node` if the team cannot staff some kind of shift: for the first such kind only.

    The fault names the smallest group of roles that too few people take. kinds: the shifts that the team staffs.
    """
    if _note_shortage(engineers, roles, "", node) or all(engineer.kinds is None for engineer in engineers):
        return
    for kind in kinds:
        takers = [engineer for engineer in engineers if engineer.takes(kind)]
        if _note_shortage(takers, roles, f" on {kind} shifts", node):
            return


def _note_shortage(engineers: Sequence[Engineer], roles: Sequence[str], where: str, node: Node) -> bool:
    """Return True if too few people take some group of roles, and record the smallest such group as a fault at `node`.

    where: the end of the message, like ` on weekend shifts`.
    """
    for size in range(1, len(roles) + 1):
        for group in combinations(roles, size):
            # By Hall's theorem the roles can be filled when every group of them has at least as many people.
            people = [engineer.id for engineer in engineers if set(group) & set(engineer.roles)]
            if len(people) < size:
                node.note(_shortage(group, people, where))
                return True
    return False


def _shortage(group: Sequence[str], people: Sequence[str], where: str) -> str:
    if not people:
        return f"nobody can take the role {group[0]}{where}; a roster needs an engineer for every role"
    return (
        f"{', '.join(group[:-1])} and {group[-1]}{where} need {len(group)} different people, "
        f"but only {', '.join(people)} can take them"
    )
