"""Tables as lines of text: aligned columns, with cells broken between words, or lists on a narrow terminal.

`width`: the columns of the terminal; None, as for a pipe: lines may have any length.
"""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import combining, east_asian_width

GAP = "  "
INSET = "  "
LEAST = 24
"""A column is not narrowed below this width. A table that needs narrower columns becomes a list."""


def table_blocks(
    header: Sequence[str], rows: Sequence[Sequence[str]], width: int | None = None, *, names: int = 1
) -> tuple[list[str], list[list[str]]]:
    """Return the lines of the header, and the lines of each row.

    If the table does not fit, long cells are broken between words. If it still does not fit, there is no header, and
    each row becomes a list: first a title from its first `names` cells, then each other cell after the name of its
    column.
    """
    widths = _fitting([header, *rows], width)
    if widths is not None:
        return _cells_in_line(header, widths), [_cells_in_line(row, widths) for row in rows]
    assert width is not None, "a table fits where lines may have any length"
    labels = max(map(display_width, header[names:]))
    return [], [_listed(row, header, labels, width, names) for row in rows]


def row_blocks(rows: Sequence[Sequence[str]], width: int | None = None, *, names: int = 1) -> list[list[str]]:
    """Return the lines of each row of a table without a header.

    If the table does not fit, each row becomes several lines: first its first `names` cells, then the others below
    them.
    """
    widths = _fitting(rows, width)
    if widths is not None:
        return [_cells_in_line(row, widths) for row in rows]
    assert width is not None, "a table fits where lines may have any length"
    return [_below(row, width, names) for row in rows]


def table_lines(rows: Sequence[Sequence[str]], width: int | None = None, *, names: int = 1) -> list[str]:
    """Return all lines of a table whose first row is its header; see `table_blocks`."""
    head, blocks = table_blocks(rows[0], rows[1:], width, names=names)
    return [*head, *(line for block in blocks for line in block)]


def broken(text: str, width: int, *, inset: str | None = None) -> list[str]:
    """Break a text between words into lines. A word that is longer than `width` stays whole.

    inset: put before every line after the first; None: the spaces at the start of the text and two more.
    """
    own = " " * (len(text) - len(text.lstrip()))
    inset = own + INSET if inset is None else inset
    words = text.lstrip().split(" ")
    lines = [own + words[0]]
    for word in words[1:]:
        if display_width(lines[-1]) + 1 + display_width(word) <= width:
            lines[-1] += f" {word}"
        elif word:
            lines.append(inset + word)
    return [line.rstrip() for line in lines]


def display_width(text: str) -> int:
    """Return how many columns the text takes on a terminal. East Asian letters take two."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _fitting(rows: Sequence[Sequence[str]], width: int | None) -> list[int] | None:
    """Return the width of each column; None if the table does not fit even with its narrowest columns."""
    widths = [max(map(display_width, column)) for column in zip(*rows, strict=True)]
    if width is None or not widths:
        return widths
    room = width - len(GAP) * (len(widths) - 1)
    while (excess := sum(widths) - room) > 0:
        widest = max(range(len(widths)), key=widths.__getitem__)
        if widths[widest] <= LEAST:
            return None
        next_widest = max(width for column, width in enumerate(widths) if column != widest)
        widths[widest] -= max(1, min(excess, widths[widest] - max(LEAST, next_widest)))
    return widths


def _cells_in_line(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    cells = [
        broken(cell, width) if display_width(cell) > width else [cell] for cell, width in zip(row, widths, strict=True)
    ]
    height = max(map(len, cells))
    padded = [
        [_padded(cell[line] if line < len(cell) else "", width) for cell, width in zip(cells, widths, strict=True)]
        for line in range(height)
    ]
    return [GAP.join(line).rstrip() for line in padded]


def _padded(text: str, width: int) -> str:
    return text + " " * (width - display_width(text))


def _listed(row: Sequence[str], header: Sequence[str], labels: int, width: int, names: int) -> list[str]:
    inset = INSET + " " * labels + GAP
    lines = broken(GAP.join(filter(None, row[:names])), width)
    for label, cell in zip(header[names:], row[names:], strict=True):
        if cell.strip() not in ("", "-"):
            lines += broken(f"{INSET}{_padded(label, labels)}{GAP}{cell}", width, inset=inset)
    return lines


def _below(row: Sequence[str], width: int, names: int) -> list[str]:
    title = GAP.join(filter(str.strip, row[:names]))
    lines = broken(title, width) if title else []
    for cell in row[names:]:
        if cell.strip():
            lines += broken(f"{INSET}{cell}", width)
    return lines
