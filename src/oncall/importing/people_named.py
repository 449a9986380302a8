"""Finds the engineer whom a cell or an event names: by id, name or e-mail address, in any letter case."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from email.utils import parseaddr

from oncall.errors import Refused
from oncall.rosters.roster import Roster
from oncall.suggestions import listed, nearest


class PeopleNamed:
    """Looks up the engineers of a roster by id, name and e-mail address."""

    def __init__(self, roster: Roster) -> None:
        self._names = {engineer.id: engineer.name for engineer in roster.engineers}
        self._manager = roster.manager
        self._whole: dict[str, set[str]] = {}
        self._ids: dict[str, set[str]] = {}
        self._first: dict[str, set[str]] = {}
        for engineer in roster.engineers:
            words = folded(engineer.name).split()
            self._ids.setdefault(folded(engineer.id), set()).add(engineer.id)
            for text in (engineer.name, engineer.email, f"{' '.join(words[1:])} {words[0]}" if words[1:] else None):
                if text:
                    self._whole.setdefault(folded(text), set()).add(engineer.id)
            self._first.setdefault(words[0] if words else "", set()).add(engineer.id)

    def find(self, text: str) -> tuple[str, str | None]:
        """Return the id of the engineer whom `text` names, and a note for the user if `text` is only a first name.

        Raises Refused if `text` names nobody on the roster, or several engineers.
        """
        address = folded(parseaddr(text)[1])
        keys = [folded(text), *([address] if "@" in address else [])]
        for known in (self._ids, self._whole):
            found = set().union(*(known.get(key, set()) for key in keys))
            if found:
                return self._only(text, found), None
        found = self._first.get(keys[0], set())
        if found:
            engineer = self._only(text, found)
            return engineer, f'"{text}" is read as {self._named(engineer)}, the only engineer of that first name'
        named = sorted(self._all_mentioned(text))
        if len(named) > 1:
            advice = "keep one of them, or give each a row with a start and an end"
            raise Refused(f'"{text[:60]}" names {listed(named)}, and a seat has one engineer; {advice}')
        raise Refused(self._unknown(text))

    def _all_mentioned(self, text: str) -> set[str]:
        """Return the ids of all engineers whom a sentence mentions by id, by a whole name or by a first name of one."""
        sentence = f" {folded(text)} "
        return {
            next(iter(people))
            for known in (self._whole, self._ids, self._first)
            for key, people in known.items()
            if key and len(people) == 1 and _has_word(sentence, key)
        }

    def mentioned(self, text: str) -> str | None:
        """Return the id of the one engineer whom a sentence mentions; None if it mentions nobody.

        Looks for whole names and e-mail addresses first, then for ids, then for first names. Raises Refused if it finds
        several engineers.
        """
        sentence = f" {folded(text)} "
        for known in (self._whole, self._ids, self._first):
            found = {each for key, people in known.items() if key and _has_word(sentence, key) for each in people}
            if found:
                return self._only(text, found)
        return None

    def nearest_in(self, text: str) -> str | None:
        """Return the name of an engineer that a part of `text` resembles; None if there is none.

        Dashes, colons, slashes, bars and brackets separate the parts. The name is a suggestion for an error message.
        """
        parts = (part.strip() for part in re.split(r"\s[-–]\s|[:|()/]", text))
        near = (nearest(part, list(self._names.values())) for part in parts if part)
        return next((name for name in near if name is not None), None)

    def _only(self, text: str, found: Iterable[str]) -> str:
        people = sorted(found)
        if len(people) == 1:
            return people[0]
        every = " or ".join(self._named(each) for each in people[:6])
        raise Refused(f'"{text[:60]}" may be {every}; write the id, the whole name or the e-mail address')

    def _named(self, engineer: str) -> str:
        return f"{engineer} ({self._names[engineer]})"

    def _unknown(self, text: str) -> str:
        manager = self._manager
        if manager is not None and folded(text) in {
            folded(manager.id),
            folded(manager.name),
            folded(manager.email or ""),
        }:
            return f'"{text[:60]}" is the manager, who takes no shifts'
        near = nearest(text, [*self._names.values(), *self._names])
        what = f'did you mean "{near}"?' if near is not None else f"write one of {listed(self._names.values())}"
        return f'"{text[:60]}" is not on the roster; {what}'


def folded(text: str) -> str:
    """Return the text in a form for comparison: lower case, without accents, commas and extra spaces."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(each for each in plain if not unicodedata.combining(each))
    return " ".join(plain.replace(",", " ").split())


def _has_word(sentence: str, word: str) -> bool:
    return re.search(rf"(?<![\w@.-]){re.escape(word)}(?![\w@-]|[.]\w)", sentence) is not None
