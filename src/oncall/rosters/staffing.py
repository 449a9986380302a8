"""Whether a team can fill its roles on a day when nobody is away. The planner judges days off."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from oncall.file_nodes import Node
from oncall.rosters.roster import Engineer


def check_staffing(engineers: Sequence[Engineer], roles: Sequence[str], node: Node) -> None:
    """Note at `node` the smallest group of roles for which there are too few different people."""
    for size in range(1, len(roles) + 1):
        for group in combinations(roles, size):
            # By Hall's theorem the roles can be filled when every group of them has at least as many people.
            people = [engineer.id for engineer in engineers if set(group) & set(engineer.roles)]
            if len(people) < size:
                node.note(_shortage(group, people))
                return


def _shortage(group: Sequence[str], people: Sequence[str]) -> str:
    if not people:
        return f"nobody can take the role {group[0]}; a roster needs an engineer for every role"
    return (
        f"{', '.join(group[:-1])} and {group[-1]} need {len(group)} different people, "
        f"but only {', '.join(people)} can take them"
    )
