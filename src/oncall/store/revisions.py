"""The revisions of the tables that this version of oncall knows, and the error for others. Imports no driver."""

from __future__ import annotations

from enum import StrEnum

from oncall.errors import WrongSchema

REVISIONS = (
    "0001",
    "0002",
    "0003",
    "0004",
    "0005",
    "0006",
    "0007",
    "0008",
    "0009",
    "0010",
    "0011",
    "0012",
    "0013",
    "0014",
    "0015",
    "0016",
    "0017",
    "0018",
    "0019",
    "0020",
    "0021",
    "0022",
    "0023",
    "0024",
    "0025",
    "0026",
    "0027",
    "0028",
    "0029",
)
"""All revisions in `migrations/versions`, the oldest first."""

HEAD = REVISIONS[-1]
"""The revision of the tables in `tables.py`."""


class SchemaState(StrEnum):
    """Whether a database has the tables of this version of oncall, of another version, of another program, or none."""

    CURRENT = "current"
    EMPTY = "empty"
    OLDER = "older"
    UNKNOWN = "unknown"
    FOREIGN = "foreign"


def state_at(revision: str | None, *, has_tables: bool) -> SchemaState:
    """Return the state of a database at `revision` (None: it has never been migrated)."""
    if revision == HEAD:
        return SchemaState.CURRENT
    if revision is not None:
        return SchemaState.OLDER if revision in REVISIONS else SchemaState.UNKNOWN
    return SchemaState.FOREIGN if has_tables else SchemaState.EMPTY


def wrong_schema(state: SchemaState, place: str) -> WrongSchema:
    """Return the error to raise for a database whose state is neither CURRENT nor EMPTY."""
    match state:
        case SchemaState.OLDER:
            return WrongSchema(f"{place}: the database was made by an older version of oncall; run: oncall migrate")
        case SchemaState.UNKNOWN:
            return WrongSchema(
                f"{place}: the database was made by a newer version of oncall; "
                "update oncall on this machine, then run: oncall migrate"
            )
        case _:
            return WrongSchema(
                f"{place}: the database holds another program's tables; "
                "name an empty one in ONCALL_DATABASE_URL, then run: oncall migrate"
            )
