"""Finds faults in the text of a YAML file, each at its line and column: syntax errors and characters that mislead.

A look-alike is a character that looks like a space, or is invisible, and is not the plain space that YAML needs. Text
copied from word processors, chat programs and web pages often contains look-alikes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import yaml

from oncall.text_files import place_of

LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""Matches every line break of YAML 1.1."""

# The characters that YAML does not allow in a file, and the line breaks that editors neither show nor count.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPACES = "\xa0\u1680\u2000-\u200a\u202f\u205f\u3000"
_INVISIBLE = "\xad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_LOOKALIKE = re.compile(f"[{_SPACES}{_INVISIBLE}]+")
_MISLEADING = re.compile(
    # At the start of a line or of a list's item, at the end of a line, beside a colon, before a comment.
    "|".join(
        (
            rf"^[ \t]*(?:-[ \t]+)*-?({_LOOKALIKE.pattern})",
            rf"({_LOOKALIKE.pattern})[ \t]*$",
            rf":({_LOOKALIKE.pattern})",
            rf"({_LOOKALIKE.pattern})(?=:(?:[ \t]|$)|#)",
        )
    )
)
_HINTS = {
    "mapping values are not allowed": 'put text that holds ": " in quotes, and check the indentation',
    "did not find expected key": "check the indentation of this line and the quotes above it",
    "did not find expected '-' indicator": "check the indentation of this line",
    "could not find expected ':'": 'write "key: value"',
    "found unexpected end of stream": "the quote that opens on line {opening} is not closed",
    "did not find expected ',' or": "the bracket that opens on line {opening} is not closed, or a comma is missing",
    "did not find expected node content": "a value is missing before this character, or it needs quotes",
}


class TextFault(NamedTuple):
    """One fault of a text. Line and column count from 1."""

    line: int
    column: int
    message: str


class ParserMark(Protocol):
    """A place in the text, counted from 0.

    A protocol, because PyYAML's C and Python parsers have different classes for it.
    """

    line: int
    column: int


def mark_place(mark: ParserMark | None) -> tuple[int, int]:
    """Return the line and the column of a mark, counted from 1."""
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def forbidden_character(text: str) -> TextFault | None:
    """Return the fault for the first character that no YAML file may contain; None if there is none."""
    found = _FORBIDDEN.search(text)
    if found is None:
        return None
    message = f"the character U+{ord(found[0]):04X} cannot stand in a YAML file; delete it"
    return TextFault(*place_of(text, found.start()), message)


def syntax_faults(error: yaml.MarkedYAMLError, text: str, first_line: int) -> list[TextFault]:
    """Return the faults that cause a syntax error: misleading characters, or else the parser's own message.

    first_line: the line, counted from 1, up to which the parser understood the text.
    """
    lines = LINE_BREAK.split(text)
    is_in_quotes = (error.context or "").startswith("while scanning a quoted scalar")
    last_line = min(mark_place(error.problem_mark)[0], len(lines))
    suspects = [] if is_in_quotes else range(first_line, last_line + 1)
    misleading = [fault for line in suspects for fault in misleading_in(_without_comment(lines[line - 1]), line)]
    return misleading or [_parser_fault(error, lines)]


def _parser_fault(error: yaml.MarkedYAMLError, lines: Sequence[str]) -> TextFault:
    line, column = mark_place(error.problem_mark)
    opening = mark_place(error.context_mark)[0] if error.context_mark else line
    problem = error.problem or "it cannot be read"
    hint = next((hint for start, hint in _HINTS.items() if problem.startswith(start)), "")
    if line > len(lines):
        # YAML counts the end of a last line without a line break as a line of its own.
        line, column = len(lines), len(lines[-1]) + 1
    here = lines[line - 1][column - 1 : column]
    if here == "\t":
        hint = "indent with spaces, not with tabs"
    elif "cannot start any token" in problem:
        hint = f"put text that begins with {here} in quotes"
    return TextFault(line, column, f"is not YAML: {problem}" + (f"; {hint.format(opening=opening)}" if hint else ""))


def has_lookalikes(text: str) -> bool:
    """Return True if the text has a look-alike anywhere, even where it does no harm."""
    return _LOOKALIKE.search(text) is not None


def misleading_between(lines: Sequence[str], start: ParserMark | None, end: ParserMark | None) -> Iterator[TextFault]:
    """Yield a fault for each look-alike in a place where YAML needs a plain space or nothing.

    Looks at the unquoted text between two marks of the file. lines: all lines of the file.
    """
    (first_line, first_column), (last_line, end_column) = mark_place(start), mark_place(end)
    for line in range(first_line, min(last_line, len(lines)) + 1):
        text = lines[line - 1]
        before = first_column - 1 if line == first_line else 0
        yield from misleading_in(text[before : end_column - 1 if line == last_line else len(text)], line, before)


def misleading_in(piece: str, line: int, columns_before: int = 0) -> Iterator[TextFault]:
    """Yield a fault for each look-alike in a place where YAML needs a plain space or nothing.

    piece: a part of one line. line: its number, from 1. columns_before: how many characters stand before it in the
    line.
    """
    for found in _MISLEADING.finditer(piece):
        index = next(found.start(number) for number in range(1, _MISLEADING.groups + 1) if found[number])
        yield TextFault(line, columns_before + index + 1, f"found {described(piece[index])}")


def lookalike_in(text: str) -> str:
    """Return the first look-alike of a text in words, with advice, as `described` does; empty if there is none."""
    found = _LOOKALIKE.search(text)
    return described(found[0][0]) if found else ""


def described(lookalike: str) -> str:
    """Return the name of a look-alike, and advice: `a no-break space (U+00A0); write a plain space`."""
    name = "byte order mark" if lookalike == "\ufeff" else unicodedata.name(lookalike).lower()
    article = "an" if name[0] in "aeiou" else "a"
    advice = "write a plain space" if unicodedata.category(lookalike) == "Zs" else "delete it"
    return f"{article} {name} (U+{ord(lookalike):04X}); {advice}"


def _without_comment(line: str) -> str:
    return re.split(r"(?:^|[ \t])#", line, maxsplit=1)[0]
