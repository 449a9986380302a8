"""SQL is compiled once in a process, not once for each store or engine."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, event

from oncall.store.database import open_store


def test_a_second_store_of_the_same_kind_compiles_nothing_that_the_first_one_has_compiled(
    url: str, second_url: str
) -> None:
    found: list[str] = []

    def note(*arguments: Any) -> None:
        context = arguments[4]
        if context.compiled is not None:
            found.append(context.cache_hit.name)

    for address in (url, second_url):
        found.clear()
        event.listen(Engine, "before_cursor_execute", note)
        try:
            with open_store(address) as store:
                store.read(lambda tx: tx.ticket("T-1"))
                store.write(lambda tx: tx.ticket("T-1"))
        finally:
            event.remove(Engine, "before_cursor_execute", note)
    assert found
    assert set(found) == {"CACHE_HIT"}
