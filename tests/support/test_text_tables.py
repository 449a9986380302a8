"""A table fits the terminal: long cells wrap between words, and a table that is still too wide becomes a list."""

from __future__ import annotations

import pytest

from oncall.support.text_tables import broken, display_width, row_blocks, table_blocks, table_lines

HEADER = ["id", "impact", "subject"]
ROW = ["T-1", "urgent", "Sessions do not start for anybody in the Miami office"]


def test_in_a_pipe_the_columns_line_up_and_no_line_is_broken() -> None:
    assert table_lines([HEADER, ROW]) == [
        "id   impact  subject",
        "T-1  urgent  Sessions do not start for anybody in the Miami office",
    ]


def test_a_long_cell_is_broken_between_words_inside_its_column() -> None:
    head, (block,) = table_blocks(HEADER, [ROW], 40)
    assert head == ["id   impact  subject"]
    assert block == [
        "T-1  urgent  Sessions do not start for",
        "               anybody in the Miami",
        "               office",
    ]


def test_where_that_does_not_help_each_row_is_a_list_with_the_words_of_the_header() -> None:
    head, (block,) = table_blocks(HEADER, [ROW], 30)
    assert head == []
    assert block == [
        "T-1",
        "  impact   urgent",
        "  subject  Sessions do not",
        "           start for anybody",
        "           in the Miami office",
    ]


def test_a_list_has_as_many_names_in_its_title_as_asked_for_and_no_empty_cell() -> None:
    (block,) = table_blocks(HEADER, [["T-1", "urgent", ""]], 10, names=2)[1]
    assert block == ["T-1", "  urgent"]


def test_a_row_without_a_header_has_its_other_cells_below_the_first() -> None:
    (block,) = row_blocks([["primary", "Ana Pereira (ana)", "until Mon 2027-01-11 08:00 EST", ""]], 40)
    assert block == ["primary", "  Ana Pereira (ana)", "  until Mon 2027-01-11 08:00 EST"]


@pytest.mark.parametrize("width", range(30, 80))
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    rows = [HEADER, ROW, ["T-2", "low", "画面が真っ黒になる と お客様 から 連絡 が ありました"]]
    assert all(display_width(line) <= width for line in table_lines(rows, width))


def test_letters_of_two_columns_line_up() -> None:
    assert table_lines([["a", "b"], ["東京", "c"], ["abcd", "d"]]) == ["a     b", "東京  c", "abcd  d"]


def test_a_word_that_is_too_long_stays_whole() -> None:
    assert broken("see https://status.example.com/incidents/42 now", 20) == [
        "see",
        "  https://status.example.com/incidents/42",
        "  now",
    ]
