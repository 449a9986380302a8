"""Maps command-line options to the fields of the API.

In error messages it replaces the field names with the options.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from oncall.errors import OncallError

_NAMED_FIELD = re.compile(r"`([a-z_]+)`")
_OPTIONS = {
    "by": "--by",
    "why": "--note",
    "impact": "LEVEL",
    "into": "INTO",
    "to": "--to",
    "message": "--message",
    "after": "--after",
    "text": "--note",
    "since": "--since",
    "from": "--from",
    "until": "--until",
    "role": "--role",
    "reason": "--reason",
    "engineer": "ENGINEER",
    "day": "DATE",
    "with": "--with",
    "for": "--for",
}


def given_fields(body: Mapping[str, object]) -> dict[str, object]:
    """Return the fields of an action without those whose option was not given."""
    return {name: value for name, value in body.items() if value not in (None, "")}


@contextmanager
def faults_by_option(options: Mapping[str, str] = MappingProxyType({})) -> Iterator[None]:
    """Make errors inside the context name command-line options instead of fields of the API.

    options: the option for each field, for a command whose options have unusual names.
    """
    try:
        yield
    except OncallError as error:
        from oncall.paging.actions.field_faults import FieldFault, FieldFaults

        if not isinstance(error, FieldFaults):
            raise
        known = {**_OPTIONS, **options}
        named = [
            FieldFault(known.get(fault.field, fault.field), _with_options(fault.message, known))
            for fault in error.faults
        ]
        raise FieldFaults(named) from error


def _with_options(message: str, known: Mapping[str, str]) -> str:
    """Return a message in which options replace the names of API fields, like `--from` for `from`."""
    return _NAMED_FIELD.sub(lambda found: known.get(found[1], found[0]), message)
