"""Reads the rules that name engineers: fixed seats, pairs who are never on together, and pairs who should be."""

from __future__ import annotations

from collections.abc import Sequence

from oncall.file_nodes import Node, shown
from oncall.file_values import Fields, list_of, one_of
from oncall.rosters.fields import KindWords, day
from oncall.rosters.roster import FixedSeat
from oncall.suggestions import suggestion
from oncall.support.value_readers import slug

Pair = tuple[str, str]


class PeopleRules:
    """The rules that name engineers, each with its node. They are read before the engineers, and checked after them.

    seats, never, prefer: in the order of the file, without the rules that have faults.
    """

    def __init__(self) -> None:
        self._named: list[tuple[str, Node]] = []
        self.seats: list[tuple[FixedSeat, Node]] = []
        self.never: list[tuple[Pair, Node]] = []
        self.prefer: list[tuple[Pair, Node]] = []

    def read(self, node: Node) -> str:
        """Read the id of an engineer. `check` later records a fault for an id that is not on the roster."""
        name = slug(node)
        self._named.append((name, node))
        return name

    def check(self, known: Sequence[str]) -> None:
        """Record a fault for every name read so far that is not an engineer's id. known: the ids of all engineers."""
        for name, node in self._named:
            if name not in known:
                node.note(f"{shown(name)} is not an engineer of this roster; {suggestion(name, known)}")

    def fixed_seat(self, roles: Sequence[str] | None, kinds: KindWords, node: Node) -> FixedSeat:
        """Read `{day: 2027-03-17, role: primary, engineer: ana}`. `kind` is needed if two shifts start on that day.

        roles: the roster's; None if they have faults, and then any name is accepted.
        """
        fields = Fields(node)
        on = fields.required("day", day, example="2027-03-17")
        a_role = slug if roles is None else one_of(roles, "a role of this roster")
        role = fields.required("role", a_role, example="primary")
        engineer = fields.required("engineer", self.read, example="ana")
        kind = fields.optional("kind", kinds.read, None)
        fields.close()
        seat = FixedSeat(on.value, role.value, engineer.value, kind.value)
        self.seats.append((seat, node))
        return seat

    def never_pair(self, node: Node) -> Pair:
        """Read `[ana, ben]`, two engineers who are never on call together."""
        pair = self._pair(node)
        self.never.append((pair, node))
        return pair

    def preferred_pair(self, node: Node) -> Pair:
        """Read `[ana, ben]`, two engineers who should be on call together."""
        pair = self._pair(node)
        self.prefer.append((pair, node))
        return pair

    def _pair(self, node: Node) -> Pair:
        people = list_of(self.read)(node)
        if len(people) != 2 or people[0] == people[1]:
            found = f"[{', '.join(people)}]"
            raise node.refuse(f"a pair is two different people, like [ana, ben]; found {found}")
        return people[0], people[1]
