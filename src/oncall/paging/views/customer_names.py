"""Finds a customer by name, with every spelling of the name in tickets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oncall.errors import NotFound
from oncall.paging.ports.store import CustomerStore
from oncall.suggestions import nearest
from oncall.support.policy import folded_name

MOST_NAMED = 10
"""The most customers that an error lists if no name is similar."""


@dataclass(frozen=True, slots=True)
class KnownCustomer:
    """A customer. name: the spelling in the policy's list of customers, or else in the tickets.

    spellings: every spelling in their tickets; empty if they have none.
    """

    name: str
    spellings: tuple[str, ...]


def customer_meant(tx: CustomerStore, asked: str) -> KnownCustomer:
    """Return the customer with this name. Letter case, blanks and punctuation are ignored.

    Raises NotFound, with the nearest known name, if neither the tickets nor the policy have this customer.
    """
    wanted = folded_name(asked)
    names = tx.customer_names()
    spellings = tuple(name for name in names if name == asked or (wanted and folded_name(name) == wanted))
    listed = tx.policy().customer(asked)
    if listed is not None:
        return KnownCustomer(listed.name, spellings)
    if spellings:
        return KnownCustomer(asked if asked in spellings else spellings[0], spellings)
    raise NotFound(_unknown(asked, [*dict.fromkeys([*names, *(one.name for one in tx.policy().customers)])]))


def _unknown(asked: str, names: Sequence[str]) -> str:
    words = f'"{asked[:60]}" is not a customer of any ticket or of the policy'
    near = nearest(asked, names)
    if near is not None:
        return f'{words}; did you mean "{near}"?'
    if 0 < len(names) <= MOST_NAMED:
        known = ", ".join(f'"{name}"' for name in names)
        return f"{words}; known are {known}"
    return words
