"""Writes a report in the format that was asked for. The terminal and the API both use this module."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from oncall.paging.ports.store import ReportStore
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


SLA_FORMATS = tuple(Format)
REVIEW_FORMATS = (Format.HTML, Format.JSON)
BREACHES = 20
"""The breaches that the text describes in full by default."""


@dataclass(frozen=True, slots=True)
class SlaAsked:
    """A request for an SLA report on the tickets received on the dates `first` to `last`, both included.

    breaches: how many of the latest breaches the text describes in full. width: of the terminal that shows the text;
    None: any.
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


def sla_written(tx: ReportStore, asked: SlaAsked, now: datetime) -> str:
    """Return the report as of `now` (policy time, aware UTC). Raises Refused and NotFound as `sla_report` does."""
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
    """Return the review as of `now` (policy time, aware UTC), as a page or JSON. Raises as `review_of` does."""
    found = review_of(tx, asked.customer, asked.quarter, as_of=now)
    if asked.form is Format.JSON:
        return _json(found.as_json())
    from oncall.reports.pages import review_page

    return review_page(found)


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
