"""Reads and writes the JSON documents that are stored for changes of assignments and for undos of versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NotRequired, TypedDict, cast

from oncall.schedule.absences import AbsenceDocument, StoredAbsence, absence_in
from oncall.schedule.versions import Piece
from oncall.support.windows import Window

FORMAT = 1
PUBLISH, OVERRIDE, SWAP, COVER, AWAY, UNDO = "publish", "override", "swap", "cover", "away", "undo"
CHANGES = (OVERRIDE, SWAP, COVER, AWAY)
"""The kinds of versions that put engineers on call in place of those of the plan."""


class PieceDocument(TypedDict):
    """One piece of a change: who has which role. span: start and end in seconds since 1970."""

    span: tuple[float, float]
    role: str
    engineer: str


class ChangeDocument(TypedDict):
    """A change with its pieces, in time order. span: the first start and the last end, in seconds since 1970.

    absence: only for `away`. Such a change may have no pieces; then `span` is the time of the absence.
    """

    format: int
    span: tuple[float, float]
    pieces: list[PieceDocument]
    absence: NotRequired[AbsenceDocument]


class OverrideDocument(TypedDict):
    """A change of one role in one span (seconds since 1970). Early versions of oncall read only this form."""

    format: int
    span: tuple[float, float]
    role: str
    engineer: str


class UndoDocument(TypedDict):
    """An undo of version `undoes`. span: the span of that version, in seconds since 1970."""

    format: int
    span: tuple[float, float]
    undoes: int


def change_document(pieces: Sequence[Piece]) -> ChangeDocument | OverrideDocument:
    """Return the document of a change. pieces: at least one. `change_checks` decides whether the change may be made."""
    if len(pieces) == 1:
        return override_document(pieces[0].window, pieces[0].role, pieces[0].engineer)
    span = Window(min(piece.window.start for piece in pieces), max(piece.window.end for piece in pieces))
    return {"format": FORMAT, "span": epochs(span), "pieces": _written(pieces)}


def away_document(absence: AbsenceDocument, dates: Window, pieces: Sequence[Piece]) -> ChangeDocument:
    """Return the document of an absence, with the covers that were agreed for it. dates: the time of the absence."""
    start = min([dates.start, *(piece.window.start for piece in pieces)])
    end = max([dates.end, *(piece.window.end for piece in pieces)])
    return {"format": FORMAT, "span": epochs(Window(start, end)), "pieces": _written(pieces), "absence": absence}


def absence_with(version: int, document: Mapping[str, object]) -> StoredAbsence | None:
    """Return the absence that a change entered; None if it entered none. version: the number of the change."""
    written = document.get("absence")
    return None if written is None else absence_in(version, cast(AbsenceDocument, written))


def _written(pieces: Sequence[Piece]) -> list[PieceDocument]:
    ordered = sorted(pieces, key=lambda piece: (piece.window.start, piece.role))
    return [{"span": epochs(piece.window), "role": piece.role, "engineer": piece.engineer} for piece in ordered]


def override_document(window: Window, role: str, engineer: str) -> OverrideDocument:
    """Return the document of a change of one role in one window."""
    return {"format": FORMAT, "span": epochs(window), "role": role, "engineer": engineer}


def undo_document(version: int, span: Window) -> UndoDocument:
    """Return the document of an undo of `version`. span: the span of that version."""
    return {"format": FORMAT, "span": epochs(span), "undoes": version}


def pieces_of(document: Mapping[str, object]) -> list[Piece]:
    """Return the pieces in the document of a change."""
    written = document.get("pieces")
    if written is None:
        return [_piece(cast(PieceDocument, document))]
    return [_piece(each) for each in cast(list[PieceDocument], written)]


def _piece(document: PieceDocument) -> Piece:
    return Piece(window(*document["span"]), document["role"], document["engineer"])


def epochs(span: Window) -> tuple[float, float]:
    """Return the start and the end of a window in seconds since 1970."""
    return _epoch(span.start), _epoch(span.end)


def _epoch(at: datetime) -> float:
    return at.timestamp() if at.microsecond else int(at.timestamp())


def window(start: float, end: float) -> Window:
    """Return the window between two times in seconds since 1970."""
    return Window(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))


def window_of(document: Mapping[str, object]) -> Window:
    """Return the span in a version's document: from the first start to the last end of what it changes."""
    return window(*cast(tuple[float, float], document["span"]))
