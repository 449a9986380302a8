"""The JMESPath expressions of a mapping. They are checked when the file is read, and cannot run for long on a body."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from jmespath import exceptions
from jmespath.functions import Functions
from jmespath.functions import signature as signature_of
from jmespath.parser import Parser
from jmespath.visitor import Options, TreeInterpreter

from oncall.errors import Refused

LONGEST = 500
"""The most characters of one expression."""
MOST_COPIES = 200
"""How often the lists and objects in an expression may repeat a part of the body, at most."""
LONGEST_GLUE = 20
LONGEST_TEXT = 64 * 1024

Json = Any  # A posted body's value of any type; JMESPath's own functions take and return it.


class ExpressionFault(ValueError):
    """Raised for text that is not a JMESPath expression. `at`: the offset of the fault in the text, from 0."""

    def __init__(self, at: int, message: str) -> None:
        super().__init__(message)
        self.at = at


class CannotEvaluate(Refused):
    """Raised for a body for which an expression has no value. The message is a sentence that lacks its subject."""


class _BoundedFunctions(Functions):
    """The functions of JMESPath, with a limit on the length of the results of `join` and `to_string`."""

    @signature_of({"types": ["string"]}, {"types": ["array-string"]})
    def _func_join(self, separator: str, array: list[str]) -> str:
        if len(separator) > LONGEST_GLUE:
            raise CannotEvaluate(f"joins with a text of more than {LONGEST_GLUE} characters")
        return separator.join(array)

    @signature_of({"types": []})
    def _func_to_string(self, arg: Json) -> str:
        if isinstance(arg, str):
            return arg
        parts, size = [], 0
        for part in json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).iterencode(arg):
            parts.append(part)
            size += len(part)
            if size > LONGEST_TEXT:
                raise CannotEvaluate(f"makes a text of more than {LONGEST_TEXT} characters")
        return "".join(parts)


class Expression:
    """A JMESPath expression, ready to run."""

    def __init__(self, text: str) -> None:
        """Parse an expression.

        Raises ExpressionFault if the text is not an expression, calls an unknown function, or could run for long.
        """
        self.text = text
        if len(text) > LONGEST:
            raise ExpressionFault(0, f"has {len(text)} characters; {LONGEST} at most")
        try:
            self._tree: Json = Parser().parse(text).parsed
        except exceptions.EmptyExpressionError:
            raise ExpressionFault(0, "is empty") from None
        except exceptions.LexerError as error:
            raise ExpressionFault(error.lexer_position, "is no JMESPath from here on") from error
        except exceptions.ParseError as error:
            at = min(error.lex_position or 0, len(text))
            raise ExpressionFault(at, "is no JMESPath from here on") from error
        except (ValueError, RecursionError) as error:
            raise ExpressionFault(0, "is no JMESPath") from error
        self._check()

    def value(self, document: Json) -> Json:
        """Return the value of the expression for a JSON document; None if the document has no such part.

        Raises CannotEvaluate if the expression cannot be evaluated for this document.
        """
        try:
            return _interpreter().visit(self._tree, document)
        except exceptions.JMESPathError as error:
            raise CannotEvaluate(f"cannot be evaluated: {_short(str(error))}") from error
        except RecursionError as error:
            raise CannotEvaluate("cannot be evaluated: the body is nested too deeply") from error
        except (TypeError, ValueError, OverflowError) as error:
            raise CannotEvaluate("cannot be evaluated on this body") from error

    def _check(self) -> None:
        copies = 1
        for node in _nodes(self._tree):
            if node["type"] in ("multi_select_list", "multi_select_dict"):
                copies *= max(len(node["children"]), 1)
            if node["type"] == "function_expression":
                _check_call(node, self.text)
        if copies > MOST_COPIES:
            raise ExpressionFault(0, f"could repeat the body {copies} times; {MOST_COPIES} at most")


def _check_call(node: Mapping[str, Json], text: str) -> None:
    name, given = node["value"], len(node["children"])
    known = Functions.FUNCTION_TABLE.get(name)
    if known is None:
        raise ExpressionFault(max(text.find(name), 0), f"calls {name}, which is no function of JMESPath")
    signature = known["signature"]
    is_open = bool(signature) and signature[-1].get("variadic")
    if given != len(signature) and not (is_open and given >= len(signature)):
        needed = f"{len(signature)} or more" if is_open else str(len(signature))
        raise ExpressionFault(max(text.find(name), 0), f"calls {name} with {given} arguments; it takes {needed}")


def _nodes(tree: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += [child for child in node.get("children", ()) if isinstance(child, Mapping)]


def _interpreter() -> TreeInterpreter:
    return TreeInterpreter(options=Options(custom_functions=_BoundedFunctions()))


def _short(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= 200 else line[:197] + "..."
