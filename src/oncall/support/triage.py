"""Proposes a ticket's impact, with reasons, from answers to questions about the problem."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from oncall.errors import Refused
from oncall.support.policy import Policy

MANY = 10
"""If at least this many users are affected, they count as many."""


class Workaround(StrEnum):
    """Whether users can do their work in another way."""

    NONE = "none"
    INCONVENIENT = "inconvenient"
    CONVENIENT = "convenient"


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers about a ticket. None means that the answer is not known.

    is_down: the product cannot be used at all. users: how many users are affected, if counted. has_many_users: if not
    counted: True for many, False for few. is_question: a question, a feature request, or about the documentation.
    """

    is_down: bool | None = None
    workaround: Workaround | None = None
    users: int | None = None
    has_many_users: bool | None = None
    is_question: bool | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed impact, with its reasons as sentences.

    rule: where the policy file defines the impact, like `my.policy.yaml:31: impacts.high.definition`; empty for a
    policy without a file.
    """

    impact: str
    reasons: tuple[str, ...]
    rule: str = ""


_RANKS = ("urgent", "high", "normal", "low")


def propose(answers: Answers, policy: Policy) -> Proposal:
    """Return the impact for the answers. If an answer is not known, the more severe impact is proposed.

    Raises Refused for answers that contradict each other, and if the policy has none of the four known impacts.
    """
    if answers.is_question and answers.is_down:
        raise Refused("a question or a wish is not an outage; answer yes to one of the two")
    rank, reasons = _judge(answers)
    names = [name for name in _RANKS[rank:] if name in policy.impacts]
    names += [name for name in reversed(_RANKS[:rank]) if name in policy.impacts]
    if not names:
        raise Refused(
            f"this policy has its own impacts ({', '.join(policy.impacts)}); triage knows {', '.join(_RANKS)}"
        )
    definition, path = policy.impacts[names[0]].definition, f"impacts.{names[0]}.definition"
    rule = f"{policy.source}:{policy.lines[path]}: {path}" if path in policy.lines else ""
    return Proposal(names[0], (*reasons, f"So it is {names[0]}: {definition}"), rule)


def _judge(answers: Answers) -> tuple[int, list[str]]:
    """Return the proposed impact, as an index in `_RANKS`, and the reasons as sentences."""
    if answers.is_question:
        return 3, ["It is a question, a wish or about the documentation."]
    if answers.is_down:
        return 0, ["The product is down or cannot be worked with."]
    reasons = ["The product is not down."] if answers.is_down is False else []
    has_many = _has_many(answers)
    if answers.users == 0:
        return 3, [*reasons, "No user is affected."]
    if answers.workaround is Workaround.CONVENIENT:
        return 2, [*reasons, "There is a convenient workaround."]
    if has_many is False and answers.workaround is not Workaround.NONE:
        return 2, [*reasons, "Few users are hit.", *_workaround_words(answers.workaround)]
    words = "Many users are hit." if has_many else "Few users are hit." if has_many is False else _UNKNOWN_USERS
    return 1, [*reasons, words, *_workaround_words(answers.workaround)]


_UNKNOWN_USERS = "How many users are hit is not known, so it may be many."


def _workaround_words(workaround: Workaround | None) -> list[str]:
    if workaround is None:
        return ["Whether there is a workaround is not known."]
    return ["There is no workaround." if workaround is Workaround.NONE else "The workaround is inconvenient."]


def _has_many(answers: Answers) -> bool | None:
    return answers.has_many_users if answers.users is None else answers.users >= MANY


QUESTIONS = ("down", "workaround", "users", "question")
"""The names of the answers in the API and on the terminal."""


class AnswerFaults(Refused):
    """Answers that cannot be used.

    faults: (name of the answer, what to write); the name is empty for a body of a wrong type.
    """

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{name}: {words}" if name else words for name, words in faults))


def answers_from(body: object) -> Answers:
    """Parse the answers in a JSON body `{"down", "workaround", "users", "question"}`, all optional.

    Raises AnswerFaults with every answer that cannot be used.
    """
    if not isinstance(body, Mapping):
        example = '{"down": false, "workaround": "none", "users": 12}'
        raise AnswerFaults([("", f"a JSON object is needed, like {example}")])
    reader = _Reader(body)
    (users, has_many), workaround = reader.users(), reader.workaround()
    answers = Answers(reader.yes_or_no("down"), workaround, users, has_many, reader.yes_or_no("question"))
    if reader.faults:
        raise AnswerFaults(reader.faults)
    return answers


class _Reader:
    """Reads the answers one by one and collects every fault. If there is a fault, the caller ignores the answers."""

    def __init__(self, body: Mapping[str, object]) -> None:
        self._body = body
        self.faults: list[tuple[str, str]] = []

    def yes_or_no(self, name: str) -> bool | None:
        value = self._body.get(name)
        if value is None or isinstance(value, bool):
            return value
        self.faults.append((name, "write true or false"))
        return None

    def workaround(self) -> Workaround | None:
        value = self._body.get("workaround")
        if value is None:
            return None
        word = value.strip().lower() if isinstance(value, str) else ""
        if word in list(Workaround):
            return Workaround(word)
        self.faults.append(("workaround", "write none, inconvenient or convenient"))
        return None

    def users(self) -> tuple[int | None, bool | None]:
        """Read `users`. Returns (number, None), (None, True) for `many`, (None, False) for `few`, or (None, None)."""
        value = self._body.get("users")
        if value is None:
            return None, None
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10**9:
            return value, None
        text = value.strip().lower() if isinstance(value, str) else ""
        if text in ("many", "few"):
            return None, text == "many"
        if text.isascii() and text.isdigit() and len(text) < 10:
            return int(text), None
        self.faults.append(("users", "write how many are hit, or many or few"))
        return None, None
