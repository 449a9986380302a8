"""The four questions of the portal's form, and the one table that makes an impact of their answers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from oncall.support.policy import Policy


class What(StrEnum):
    """Answers to `What is it?`."""

    BROKEN = "broken"
    SLOW = "slow"
    QUESTION = "question"
    SERVICES = "services"


class Who(StrEnum):
    """Answers to `Who cannot do their normal work?`."""

    EVERYONE = "everyone"
    MANY = "many"
    A_FEW = "a-few"
    NOBODY = "nobody"


class Way(StrEnum):
    """Answers to `Is there a way round it?`."""

    NONE = "none"
    AWKWARD = "awkward"
    EASY = "easy"


class Emergency(StrEnum):
    """Answers to `Is this mission-critical and an emergency now?`."""

    YES = "yes"
    NO = "no"


@dataclass(frozen=True, slots=True)
class FormQuestion:
    """One question of the form. name: its field. answers: the words of each answer, by value."""

    name: str
    words: str
    answers: Mapping[str, str]


QUESTIONS = (
    FormQuestion(
        "what",
        "What is it?",
        {
            What.BROKEN: "Something is broken",
            What.SLOW: "Something is slow or limited",
            What.QUESTION: "A question or a request",
            What.SERVICES: "Billing, training or professional services",
        },
    ),
    FormQuestion(
        "who",
        "Who cannot do their normal work?",
        {Who.EVERYONE: "Everyone", Who.MANY: "Many people", Who.A_FEW: "A few people", Who.NOBODY: "Nobody"},
    ),
    FormQuestion(
        "way",
        "Is there a way round it?",
        {Way.NONE: "None", Way.AWKWARD: "An awkward one", Way.EASY: "An easy one"},
    ),
    FormQuestion(
        "emergency",
        "Is this mission-critical and an emergency now?",
        {Emergency.YES: "Yes", Emergency.NO: "No"},
    ),
)
_RANKS = ("urgent", "high", "normal", "low")
_REASONS = {
    "urgent": "It is broken, there is no way round it, and it is an emergency.",
    "high": "Many people cannot do their normal work, and there is no easy way round it.",
    "normal": "A few people are hit, or there is an easy way round it.",
    "low": "It is a question, a request or a service, or nobody is kept from their normal work.",
}


@dataclass(frozen=True, slots=True)
class FormAnswers:
    """The answers to the four questions."""

    what: What
    who: Who
    way: Way
    emergency: Emergency


def rank_of(answers: FormAnswers) -> str:
    """Return urgent, high, normal or low: the first line that matches counts, and the last one always does."""
    if answers.what in (What.QUESTION, What.SERVICES) or answers.who is Who.NOBODY:
        return "low"
    if answers.who is Who.A_FEW or answers.way is Way.EASY:
        return "normal"
    if answers.what is What.BROKEN and answers.way is Way.NONE and answers.emergency is Emergency.YES:
        return "urgent"
    return "high"


def reason_of(answers: FormAnswers) -> str:
    """Return why the answers make this impact, in a sentence for the customer."""
    return _REASONS[rank_of(answers)]


def impact_of(answers: FormAnswers, policy: Policy) -> str:
    """Return the policy's impact for the answers.

    A policy without an impact of that name has the next graver or else the next less grave one. What is `low` never
    pages: it gets the least grave impact that does not, and the least grave one if each impact pages.
    """
    rank, names = rank_of(answers), list(policy.impacts)
    if rank == "low":
        quiet = [name for name in names if not policy.impacts[name].pages]
        return "low" if "low" in quiet else (quiet or names)[-1]
    place = _RANKS.index(rank)
    order = (*_RANKS[place::-1], *_RANKS[place + 1 :])
    return next((name for name in order if name in policy.impacts), names[0])
