"""Writes a report in the requested format. The terminal and the API both use this module."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal, TypeAlias, get_args

from oncall.paging.ports.store import ReportStore
from oncall.reports.load import load_report
from oncall.reports.load_text import load_csv, load_text
from oncall.reports.quarter import Quarter
from oncall.reports.review import review_of
from oncall.reports.sla_report import Days, sla_report
from oncall.reports.sla_text import csv_of, text_of


class Format(StrEnum):
    """The formats in which a report can be written."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    HTML = "html"


MeasuredFormat: TypeAlias = Literal[Format.TEXT, Format.JSON, Format.CSV, Format.HTML]
"""The formats of the SLA report and of the load report."""
ReviewFormat: TypeAlias = Literal[Format.HTML, Format.JSON]
SLA_FORMATS: tuple[Format, ...] = get_args(MeasuredFormat)
LOAD_FORMATS: tuple[Format, ...] = get_args(MeasuredFormat)
REVIEW_FORMATS: tuple[Format, ...] = get_args(ReviewFormat)
BREACHES = 20
"""How many breaches the text of an SLA report describes in full if the request does not say."""


@dataclass(frozen=True, slots=True)
class SlaAsked:
    """A request for an SLA report on the tickets received on the dates `first` to `last`, both included.

    breaches: how many of the latest breaches the text describes in full. width: the terminal's, in columns; None: the
    table may have any width.
    """

    first: date
    last: date
    customer: str | None = None
    plan: str | None = None
    form: Format = Format.JSON
    breaches: int = BREACHES
    width: int | None = None


@dataclass(frozen=True, slots=True)
class ReviewAsked:
    """A request for a quarterly business review."""

    customer: str
    quarter: Quarter
    form: Format = Format.JSON


@dataclass(frozen=True, slots=True)
class LoadAsked:
    """A request for a load report on the dates `first` to `last`, both included. width: the terminal's, in columns."""

    first: date
    last: date
    form: Format = Format.JSON
    width: int | None = None


def sla_written(tx: ReportStore, asked: SlaAsked, now: datetime) -> str:
    """Return the text of an SLA report as of `now` (policy time, aware UTC). Raises the errors of `sla_report`."""
    days = Days(asked.first, asked.last, tx.policy().zone)
    found = sla_report(tx, days, as_of=now, customer=asked.customer, plan=asked.plan)
    match asked.form:
        case Format.TEXT:
            return text_of(found, asked.breaches, asked.width)
        case Format.CSV:
            return csv_of(found)
        case Format.JSON:
            return _json(found.as_json())
        case Format.HTML:
            from oncall.reports.pages import sla_page

            return sla_page(found)


def review_written(tx: ReportStore, asked: ReviewAsked, now: datetime) -> str:
    """Return a review as of `now` (policy time, aware UTC), as HTML or JSON. Raises the errors of `review_of`."""
    found = review_of(tx, asked.customer, asked.quarter, as_of=now)
    if asked.form is Format.JSON:
        return _json(found.as_json())
    from oncall.reports.pages import review_page

    return review_page(found)


def load_written(tx: ReportStore, asked: LoadAsked, now: datetime) -> str:
    """Return the text of a load report as of `now` (policy time, aware UTC). Raises the errors of `load_report`."""
    found = load_report(tx, Days(asked.first, asked.last, tx.policy().zone), as_of=now)
    match asked.form:
        case Format.TEXT:
            return load_text(found, asked.width)
        case Format.CSV:
            return load_csv(found)
        case Format.JSON:
            return _json(found.as_json())
        case Format.HTML:
            from oncall.reports.pages import load_page

            return load_page(found)


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
