"""The state of a database follows from its revision."""

from __future__ import annotations

import pytest

from oncall.store.revisions import HEAD, SchemaState, state_at, wrong_schema


@pytest.mark.parametrize(
    ("revision", "has_tables", "state"),
    [
        (HEAD, True, SchemaState.CURRENT),
        (None, False, SchemaState.EMPTY),
        (None, True, SchemaState.FOREIGN),
        ("9999", True, SchemaState.UNKNOWN),
    ],
)
def test_the_revision_tells_the_state_of_a_database(revision: str | None, has_tables: bool, state: SchemaState) -> None:
    assert state_at(revision, has_tables=has_tables) is state


def test_an_older_database_is_refused_with_the_command_to_run() -> None:
    assert str(wrong_schema(SchemaState.OLDER, "/data/oncall.db")) == (
        "/data/oncall.db: the database was made by an older version of oncall; run: oncall migrate"
    )
