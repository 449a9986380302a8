"""Values of a table that are under no heading: they are named, and never take another value's place."""

from __future__ import annotations

from tests.importing.conftest import Imported, left_out, seats


def test_a_row_with_more_values_than_headings_is_listed_because_a_comma_may_have_moved_them(
    imported: Imported,
) -> None:
    found = imported("rota.csv", "date,note,primary,secondary\n2027-01-04,swap, ben,ana,cmartin\n2027-01-05,,ana,ben\n")
    assert left_out(found) == [
        'row 2: has more values than there are headings; the last is "cmartin"; put a value that contains the '
        "separator in quotation marks, or give each column a heading"
    ]
    assert seats(found) == ["01-05 primary ana", "01-05 secondary ben"]


def test_a_column_without_a_heading_is_named_if_it_has_values(imported: Imported) -> None:
    found = imported("rota.csv", "date,primary,secondary,\n2027-01-04,ana,ben,hello\n2027-01-05,ben,ana,,,\n")
    assert found.notes == ("columns without a heading, which are not read: 4",)
    assert left_out(found) == []
