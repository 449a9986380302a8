"""The words of an SMS reply: commands, codes and ids of tickets, names of people, and the words around them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from oncall.paging.outgoing.codes import is_code, looks_like_a_number


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text that is separated by blanks, as a set."""
    return frozenset(text.split())


class Verb(StrEnum):
    """A command in an SMS reply."""

    ACK = "ACK"
    PASS = "PASS"  # noqa: S105
    DONE = "DONE"
    TAKE = "TAKE"
    WHO = "WHO"


SPELLINGS = {
    "ACK": Verb.ACK, "ACKED": Verb.ACK, "ACKING": Verb.ACK, "ACKNOWLEDGE": Verb.ACK, "ACKNOWLEDGED": Verb.ACK,
    "ACKNOWLEDGING": Verb.ACK, "PASS": Verb.PASS, "DONE": Verb.DONE, "TAKE": Verb.TAKE, "WHO": Verb.WHO,
}  # fmt: skip
FILLERS = word_set(
    "and und et y e the ticket tickets code codes nr number with on it this is are was now please pls bitte for also "
    "both over"
)
"""Words that may stand between a command and its codes."""
POLITE = word_set("please pls thanks thank you thx ty cheers ok okay sorry now it this bitte danke merci gracias")
"""Words that may stand beside a command without a code."""
NEGATIONS = word_set(
    "not no never cannot cant dont didnt isnt wasnt wont wouldnt couldnt havent hasnt unable almost nearly nicht nie "
    "kein noch pas ne non jamais nunca nao"
)
_OF_ALL = word_set("of them it these those open my mine the ticket tickets pages please thanks now")
"""Words that may follow `ACK ALL`."""
_MOST_CHUNKS = 200


@dataclass(frozen=True, slots=True)
class TicketNames:
    """The tickets and people that a text may name.

    paged: the tickets for which the person was paged; maps each code and id, as written and in capitals, to the id.
    other: a function that returns the id of the ticket that has a word as its id or code; None if there is none.
    people: maps each id and first name on the roster, in small letters, to the person's id.
    """

    paged: Mapping[str, str]
    other: Callable[[str], str | None]
    people: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Word:
    """One word. ticket: the id of the ticket that it names; None: it names none.

    is_paged: True if the person was paged for that ticket.
    """

    text: str
    ticket: str | None = None
    is_paged: bool = False

    @property
    def lower(self) -> str:
        """Return the word in small letters."""
        return self.text.lower()

    @property
    def verb(self) -> Verb | None:
        """Return the command that this word is; None if it is none."""
        return SPELLINGS.get(self.text.upper())

    @property
    def is_filler(self) -> bool:
        """Return True if the word may stand between a command and its codes."""
        return self.lower in FILLERS

    @property
    def looks_like_code(self) -> bool:
        """Return True if the word has the form of a ticket's code."""
        return is_code(self.text.upper())

    @property
    def names_by_itself(self) -> bool:
        """Return True if the word names a ticket even without a command.

        A plain word and a number like `3PM` do not.
        """
        is_plain_word = self.text.isalpha()
        return self.ticket is not None and not is_plain_word and not looks_like_a_number(self.text.upper())


@dataclass(frozen=True, slots=True)
class Clause:
    """The words of a text between two marks of punctuation."""

    words: tuple[Word, ...]

    @property
    def asks_for_all(self) -> Verb | None:
        """Return the command in a clause like `ACK ALL`; None if the clause is not like that."""
        for position, word in enumerate(self.words[:-1]):
            rest = [one.lower for one in self.words[position + 1 :]]
            is_denied = any(one.lower in NEGATIONS for one in self.words[:position])
            if word.verb not in (None, Verb.WHO) and rest[0] == "all" and set(rest[1:]) <= _OF_ALL and not is_denied:
                return word.verb
        return None

    @property
    def is_list(self) -> bool:
        """Return True if the clause only names tickets, as the second clause of `DONE 84G, H4C` does."""
        names = [word for word in self.words if word.ticket is not None or word.looks_like_code]
        return bool(names) and all(word in names or word.is_filler for word in self.words)


def read_clause(text: str, names: TicketNames) -> Clause:
    """Return the words of a clause, each with the ticket that it names."""
    chunks = re.findall(r"[A-Za-z0-9._:-]+", text)[:_MOST_CHUNKS]
    return Clause(tuple(word for chunk in chunks for word in _words_in(chunk, names)))


def _words_in(chunk: str, names: TicketNames) -> list[Word]:
    """Return the words in a run of characters that ids may have: `ACK:A-1.` gives `ACK` and `A-1`."""
    for text in dict.fromkeys((chunk, chunk.strip("._:-"))):
        word = _word(text, names)
        if word.ticket is not None:
            return [word]
    head, _, rest = re.sub(r"[._:-]+", " ", chunk, count=1).partition(" ")
    if rest and head.upper() in SPELLINGS:
        return [_word(head, names), *_words_in(rest, names)]
    return [word for part in re.split(r"[._:-]+", chunk) if part for word in _split(part, names)]


def _split(part: str, names: TicketNames) -> list[Word]:
    """Return the words in a text without separators: `ACK7K2` gives `ACK` and `7K2`."""
    word = _word(part, names)
    for verb in ("ACK", "PASS", "DONE", "TAKE"):
        rest = part[len(verb) :]
        if word.ticket is None and part.upper().startswith(verb) and is_code(rest.upper()):
            return [Word(verb), _word(rest, names)]
    return [word]


def _word(text: str, names: TicketNames) -> Word:
    """Return the word with the ticket that it names, if any.

    A command or a filler never names a ticket, even if a ticket has it as its id.
    """
    if not text or text.upper() in SPELLINGS or text.lower() in FILLERS | POLITE | NEGATIONS | {"all", "to"}:
        return Word(text)
    paged = names.paged.get(text) or names.paged.get(text.upper())
    if paged is not None:
        return Word(text, paged, is_paged=True)
    may_be_name = len(text) >= 3 and not text.isalpha()
    return Word(text, names.other(text) if may_be_name else None)
