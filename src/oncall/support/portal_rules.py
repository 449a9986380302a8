"""The four questions of the portal's form, and the policy's `portal` key: which impact follows from the answers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import product

from oncall.file_nodes import ListNode, MapNode, Node, Reader, descend, shown
from oncall.file_values import Fields, Slot, distinct_list_of, line_of_text, list_of, one_of, scalar
from oncall.support.mail_rules import MailRules
from oncall.support.value_readers import some_time

LONGEST_WHY = 200
_ADDRESS = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9.-]{1,190}")
ANSWER_WITHIN = timedelta(minutes=5)
"""The average time to an answer in business hours, as the guidelines promise it."""


class What(StrEnum):
    """The possible answers to `What is it?`."""

    BROKEN = "broken"
    SLOW = "slow"
    QUESTION = "question"
    SERVICES = "services"


class Who(StrEnum):
    """The possible answers to `Who cannot do their normal work?`."""

    EVERYONE = "everyone"
    MANY = "many"
    A_FEW = "a-few"
    NOBODY = "nobody"


class Way(StrEnum):
    """The possible answers to `Is there a way round it?`."""

    NONE = "none"
    AWKWARD = "awkward"
    EASY = "easy"


class Emergency(StrEnum):
    """The possible answers to `Is this mission-critical and an emergency now?`."""

    YES = "yes"
    NO = "no"


@dataclass(frozen=True, slots=True)
class FormQuestion:
    """One question of the form. name: its field. answers: by value, the answers as the form shows them."""

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


@dataclass(frozen=True, slots=True)
class FormAnswers:
    """A customer's answers to the four questions."""

    what: What
    who: Who
    way: Way
    emergency: Emergency


@dataclass(frozen=True, slots=True)
class PortalRow:
    """One row of the portal's table.

    answers: by question, the answers that fit; a question that is absent fits any answer. why: a sentence for the
    customer; empty: the definition of the impact. mail: the address of a team that also gets the ticket by mail; empty:
    only the desk gets it.
    """

    answers: Mapping[str, tuple[str, ...]]
    impact: str
    why: str = ""
    mail: str = ""

    def fits(self, given: FormAnswers) -> bool:
        """Return True if the row fits these answers."""
        return all(getattr(given, question) in wanted for question, wanted in self.answers.items())


@dataclass(frozen=True, slots=True)
class PortalRules:
    """The `portal` key of a policy. rows: the table; the first row that fits counts. Empty: the packaged table.

    answer_within: the average time to an answer in business hours, as the customers' web pages promise it.
    """

    rows: tuple[PortalRow, ...] = ()
    answer_within: timedelta = ANSWER_WITHIN


ALL_ANSWERS = tuple(FormAnswers(*each) for each in product(What, Who, Way, Emergency))
"""Every combination of answers."""
_QUIET = (What.QUESTION, What.SERVICES)


def portal_rules(root: Node) -> Reader[PortalRules]:
    """Return a reader of the `portal` key. root: the document of the policy, whose impacts the rows may name."""
    found = descend(root, "impacts")
    impacts = list(found.entries) if isinstance(found, MapNode) else []
    loud = [name for name in impacts if _pages(descend(root, "impacts", name))]
    paging = loud if len(loud) < len(impacts) else []

    def read(node: Node) -> PortalRules:
        fields, usual = Fields(node), PortalRules()
        rows = fields.optional("impacts", list_of(_row(impacts)), usual.rows)
        within = fields.optional("answer_within", some_time, usual.answer_within)
        fields.close()
        if rows.is_given and rows.is_good:
            _check(rows, paging)
        return PortalRules(rows.value, within.value)

    return read


def _row(impacts: Sequence[str]) -> Reader[PortalRow]:
    impact_name = one_of(impacts, "an impact of this policy")

    def read(node: Node) -> PortalRow:
        fields = Fields(node)
        slots = {question.name: fields.optional(question.name, _answers(question), ()) for question in QUESTIONS}
        impact = fields.required("impact", impact_name, example=impacts[-1] if impacts else "low")
        why = fields.optional("why", lambda value: line_of_text(value, most=LONGEST_WHY), "")
        mail = fields.optional("mail", _team_address, "")
        fields.close()
        answers = {name: slot.value for name, slot in slots.items() if slot.value}
        return PortalRow(answers, impact.value, why.value, mail.value)

    return read


def _answers(question: FormQuestion) -> Reader[tuple[str, ...]]:
    """Return a reader of one answer to a question, or of a list of answers."""
    one = one_of(list(question.answers), f"an answer to {question.words!r}")
    many = distinct_list_of(one, least=1, most=len(question.answers))

    def read(node: Node) -> tuple[str, ...]:
        return many(node) if isinstance(node, ListNode) else (one(node),)

    return read


def _team_address(node: Node) -> str:
    text = line_of_text(node, most=254).lower()
    if not _ADDRESS.fullmatch(text):
        raise node.refuse(f"{shown(text)} is not a mail address; write one like billing@example.com")
    return text


def check_teams(rules: PortalRules, mail: MailRules, place: Node) -> None:
    """Add a fault for a row whose mail goes to an address that opens tickets: it would open a second ticket.

    place: the `portal` key in the file.
    """
    for row in rules.rows:
        if row.mail and mail.takes(row.mail):
            place.note(f"the mail of a row goes to {row.mail}, which opens tickets; write the team's own address")


def _check(rows: Slot[tuple[PortalRow, ...]], paging: Sequence[str]) -> None:
    """Add faults for answers without a row, rows that no answers reach, and questions or requests that would page.

    paging: the impacts that page; empty if every impact pages.
    """
    place = rows.place
    lines = place.items if isinstance(place, ListNode) else []
    reached: dict[int, list[FormAnswers]] = {}
    for answers in ALL_ANSWERS:
        number = next((number for number, row in enumerate(rows.value) if row.fits(answers)), None)
        if number is None:
            place.note(f"no row fits {_words(answers)}; end the list with a row of an impact alone")
            return
        reached.setdefault(number, []).append(answers)
    for number, line in enumerate(lines):
        if number not in reached:
            line.note("no answers reach this row: the rows above it take them all; move it up or leave it out")
            continue
        quiet = [answers for answers in reached[number] if answers.what in _QUIET]
        if quiet and rows.value[number].impact in paging:
            words = f"{rows.value[number].impact} pages engineers, and {_words(quiet[0])} would reach it"
            line.note(f"{words}; give questions and services a row above it, with an impact that does not page")


def _words(answers: FormAnswers) -> str:
    named = ((question.name, getattr(answers, question.name)) for question in QUESTIONS)
    return ", ".join(f"{name}: {answer}" for name, answer in named)


def _pages(impact: Node) -> bool:
    pages = impact.entries.get("pages") if isinstance(impact, MapNode) else None
    return pages is not None and scalar(pages[1]).text.strip().lower() in ("true", "yes")
