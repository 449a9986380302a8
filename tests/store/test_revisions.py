"""What a database is to this version of the product, by the step it is at."""

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
def test_the_step_says_what_the_database_is(revision: str | None, has_tables: bool, state: SchemaState) -> None:
    assert state_at(revision, has_tables=has_tables) is state


def test_a_database_of_an_older_version_is_mended_by_one_command() -> None:
    assert str(wrong_schema(SchemaState.OLDER, "/data/oncall.db")) == (
        "/data/oncall.db: the database was made by an older version of oncall; run: oncall migrate"
    )
