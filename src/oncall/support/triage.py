"""Triage: from plain answers about what the customer cannot do to a proposed impact, with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from oncall.errors import Refused
from oncall.support.policy import Policy

MANY = 10
"""So many users are a high number when they were counted and not called many or few."""


class Workaround(StrEnum):
    """Whether people can go on another way."""

    NONE = "none"
    INCONVENIENT = "inconvenient"
    CONVENIENT = "convenient"


@dataclass(frozen=True, slots=True)
class Answers:
    """What is known of a ticket; None: not asked or not known.

    is_down: the product cannot be worked with at all. users: how many are hit; 0 when nobody is. has_many_users: when
    they were not counted. is_question: how to do something, a wish, a question about the documentation.
    """

    is_down: bool | None = None
    workaround: Workaround | None = None
    users: int | None = None
    has_many_users: bool | None = None
    is_question: bool | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """An impact and the sentences that led to it."""

    impact: str
    reasons: tuple[str, ...]


_RANKS = ("urgent", "high", "normal", "low")


def propose(answers: Answers, policy: Policy) -> Proposal:
    """The impact that the answers speak for. What is not known counts for the customer: the worse impact is proposed.

    Raises Refused for answers that contradict each other, and when the policy has none of the four impacts.
    """
    if answers.is_question and answers.is_down:
        raise Refused("a question or a wish is not an outage; answer yes to one of the two")
    if answers.users is not None and answers.users < 0:
        raise Refused("users: write how many are hit, 0 or more")
    rank, reasons = _judge(answers)
    names = [name for name in _RANKS[rank:] if name in policy.impacts]
    names += [name for name in reversed(_RANKS[:rank]) if name in policy.impacts]
    if not names:
        raise Refused(
            f"this policy has its own impacts ({', '.join(policy.impacts)}); triage knows {', '.join(_RANKS)}"
        )
    definition = policy.impacts[names[0]].definition
    return Proposal(names[0], (*reasons, f"So it is {names[0]}: {definition}"))


def _judge(answers: Answers) -> tuple[int, list[str]]:
    """The rank in `_RANKS` and the sentences for it."""
    if answers.is_question:
        return 3, ["It is a question, a wish or about the documentation."]
    if answers.is_down:
        return 0, ["The product is down or cannot be worked with."]
    reasons = ["The product is not down."] if answers.is_down is False else []
    has_many = _has_many(answers)
    if answers.users == 0:
        return 3, [*reasons, "Nobody is kept from their normal work."]
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


def answers_from(body: object) -> Answers:
    """The answers as the API and the terminal give them: `{"down", "workaround", "users", "question"}`, all optional.

    Raises Refused naming the answer that cannot be used.
    """
    if not isinstance(body, Mapping):
        raise Refused('triage: a JSON object is needed, like {"down": false, "workaround": "none", "users": 12}')
    users, has_many = _users(body.get("users"))
    return Answers(
        is_down=_yes_or_no(body, "down"),
        workaround=_workaround(body.get("workaround")),
        users=users,
        has_many_users=has_many,
        is_question=_yes_or_no(body, "question"),
    )


def _yes_or_no(body: Mapping[str, Any], name: str) -> bool | None:
    value = body.get(name)
    if value is None or isinstance(value, bool):
        return value
    raise Refused(f"triage.{name}: write true or false")


def _workaround(value: object) -> Workaround | None:
    if value is None:
        return None
    if isinstance(value, str) and value.strip().lower() in list(Workaround):
        return Workaround(value.strip().lower())
    raise Refused("triage.workaround: write none, inconvenient or convenient")


def _users(value: object) -> tuple[int | None, bool | None]:
    if value is None:
        return None, None
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10**9:
        return value, None
    text = value.strip().lower() if isinstance(value, str) else ""
    if text in ("many", "few"):
        return None, text == "many"
    if text.isascii() and text.isdigit() and len(text) < 10:
        return int(text), None
    raise Refused("triage.users: write how many are hit, or many or few")
