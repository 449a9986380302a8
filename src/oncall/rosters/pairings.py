"""Rules that name people: seats that are fixed, and pairs who never or preferably are on together."""

from __future__ import annotations

from collections.abc import Sequence

from oncall.rosters.fields import day, shift_kind
from oncall.rosters.roster import FixedSeat
from oncall.suggestions import suggestion
from oncall.support.values import slug
from oncall.yamlfile import Node, shown
from oncall.yamlvalues import Fields, list_of, one_of


class PeopleNamed:
    """The people whom rules name, kept until the engineers are read and it is known who they are."""

    def __init__(self) -> None:
        self._named: list[tuple[str, Node]] = []

    def read(self, node: Node) -> str:
        """The id of an engineer of this roster."""
        name = slug(node)
        self._named.append((name, node))
        return name

    def check(self, known: Sequence[str]) -> None:
        """Note whoever is no engineer of this roster."""
        for name, node in self._named:
            if name not in known:
                node.note(f"{shown(name)} is not an engineer of this roster; {suggestion(name, known)}")


def fixed_seat(named: PeopleNamed, roles: Sequence[str] | None, node: Node) -> FixedSeat:
    """`{day: 2027-03-17, role: primary, engineer: ana}`, with `kind` where two shifts start on that day."""
    fields = Fields(node)
    on = fields.required("day", day, example="2027-03-17")
    role = fields.required("role", slug if roles is None else one_of(roles, "a role of this roster"), example="primary")
    engineer = fields.required("engineer", named.read, example="ana")
    kind = fields.optional("kind", shift_kind, None)
    fields.close()
    return FixedSeat(on.value, role.value, engineer.value, kind.value)


def pair_of_people(named: PeopleNamed, node: Node) -> tuple[str, str]:
    """`[ana, ben]`: two different engineers."""
    people = list_of(named.read)(node)
    if len(people) != 2 or people[0] == people[1]:
        raise node.refuse(f"a pair is two different people, like [ana, ben]; found {_listed(people)}")
    return people[0], people[1]


def _listed(people: Sequence[str]) -> str:
    return f"[{', '.join(people)}]"
