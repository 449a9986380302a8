"""Reads the rules that name engineers: fixed seats, pairs who are never on together, and pairs who should be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from oncall.file_nodes import ListNode, Node, ScalarNode, shown
from oncall.file_values import Fields, line_of_text, list_of, one_of
from oncall.rosters.fields import KindWords, day
from oncall.rosters.roster import FixedSeat
from oncall.suggestions import suggestion
from oncall.support.value_readers import slug, slug_meant

Pair = tuple[str, str]
_OTHER_KEYS = {"date": "day", "on": "day", "person": "engineer", "who": "engineer", "name": "engineer"}


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
        name = line_of_text(node)
        self._named.append((name, node))
        return name

    def check(self, known: Mapping[str, str]) -> None:
        """Record a fault for every name read so far that is not an engineer's id.

        known: the names of all engineers by id.
        """
        for name, node in self._named:
            if name not in known:
                node.note(f"{shown(name)} is not an engineer of this roster; {_who(name, known)}")

    def fixed_seat(self, roles: Sequence[str] | None, kinds: KindWords, node: Node) -> FixedSeat:
        """Read `{day: 2027-03-17, role: primary, engineer: ana}`. `kind` is needed if two shifts start on that day.

        roles: the roster's; None if they have faults, and then any name is accepted.
        """
        fields = Fields(node, also=_OTHER_KEYS)
        on = fields.required("day", day, example="2027-03-17")
        a_role = slug if roles is None else one_of(roles, "a role of this roster")
        role = fields.required("role", a_role, example="primary")
        engineer = fields.required("engineer", self.read, example="ana")
        kind = fields.optional("kind", kinds.read, None)
        fields.close()
        seat = FixedSeat(on.value, role.value, engineer.value, kind.value)
        self.seats.append((seat, node))
        return seat

    def never_pairs(self, node: Node) -> tuple[Pair, ...]:
        """Read `[[ana, ben], ...]`, pairs of engineers who are never on call together."""
        return self._pairs(node, self.never)

    def preferred_pairs(self, node: Node) -> tuple[Pair, ...]:
        """Read `[[ana, ben], ...]`, pairs of engineers who should be on call together."""
        return self._pairs(node, self.prefer)

    def _pairs(self, node: Node, known: list[tuple[Pair, Node]]) -> tuple[Pair, ...]:
        """Read a list of pairs, and add each to `known`. Refuses a list that is a pair itself."""
        items = node.items if isinstance(node, ListNode) else []
        words = [item.text for item in items if isinstance(item, ScalarNode)]
        if isinstance(node, ScalarNode):
            words, items = _split(node.text), []
        if len(words) == 2 and len(items) in (0, 2):
            raise node.refuse(f"is one pair; write a list of pairs: [[{', '.join(words)}]]")

        def read(item: Node) -> Pair:
            pair = self._pair(item)
            known.append((pair, item))
            return pair

        return list_of(read)(node)

    def _pair(self, node: Node) -> Pair:
        if isinstance(node, ScalarNode):
            words = _split(node.text)
            example = f"[{', '.join(words)}]" if len(words) == 2 else "[ana, ben]"
            raise node.refuse(f"{shown(node.text)} is a single value; write a pair, like {example}")
        people = list_of(self.read)(node)
        if len(people) != 2 or people[0] == people[1]:
            found = f"[{', '.join(people)}]"
            raise node.refuse(f"a pair is two different people, like [ana, ben]; found {found}")
        return people[0], people[1]


def _split(text: str) -> list[str]:
    """Return the words of a text, without separators and `and`."""
    return [word for word in re.split(r"[,;&+/\s]+(?:and\s+)?", text) if word]


def _who(name: str, known: Mapping[str, str]) -> str:
    """Return the advice for a word that is no id: the id of the engineer with this name, or else the nearest id."""
    wanted = slug_meant(name)
    for person, full_name in known.items():
        if wanted and wanted in (person, slug_meant(full_name)):
            return f"write {person}"
    first = [person for person, full_name in known.items() if slug_meant(full_name.partition(" ")[0]) == wanted]
    return f"write {first[0]}" if wanted and len(first) == 1 else suggestion(name, known)
