"""Reports in the terminal: promises kept over a span of days, and a customer's quarterly business review."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from oncall.cli.output import JSON_OPTION, say, tell, terminal_width
from oncall.errors import Refused

if TYPE_CHECKING:
    from oncall.cli.backend import LocalBackend, RemoteBackend

SLA_SUFFIXES = (".csv", ".json", ".html")
REVIEW_SUFFIXES = (".html", ".json")


def register(app: typer.Typer) -> None:
    """Add these commands to the front door."""
    reports = typer.Typer(help="Promises kept, in numbers.", no_args_is_help=True, rich_markup_mode=None)
    reports.command("sla")(sla)
    reports.command("qbr")(qbr)
    app.add_typer(reports, name="report")


def sla(
    first: str = typer.Option(..., "--from", metavar="DATE", help="First date on which tickets were received."),
    last: str = typer.Option(..., "--to", metavar="DATE", help="Last date, inside."),
    customer: str | None = typer.Option(None, "--customer", help="Of this customer alone."),
    plan: str | None = typer.Option(None, "--plan", help="Of this plan alone."),
    output: Path | None = typer.Option(
        None, "--output", "-o", help="A .csv, .json or .html file; a table when absent."
    ),
    breaches: int = typer.Option(20, "--breaches", min=0, help="How many breaches the text tells in full, the latest."),
    json: bool = JSON_OPTION,
) -> None:
    """Promises kept for the tickets received on these dates: by plan, impact and metric, how many, how fast, and
    every breach with its timeline.

    Examples: oncall report sla --from 2027-01-01 --to 2027-03-31 · oncall report sla --from 2027-01-01
    --to 2027-03-31 --customer "Acme Ltd" --output acme.html
    """
    from oncall.reports.report_files import Format, SlaAsked

    _refuse_suffix(output, SLA_SUFFIXES)
    asked = SlaAsked(_date_of(first, "--from"), _date_of(last, "--to"), customer, plan, breaches=breaches)
    with _backend() as backend:
        if output is not None:
            suffix = Format(output.suffix.lower().removeprefix("."))
            _write(output, backend.sla_report(replace(asked, form=suffix)))
        if json:
            typer.echo(backend.sla_report(asked), nl=False)
        elif output is None:
            text = backend.sla_report(replace(asked, form=Format.TEXT, width=terminal_width(sys.stdout)))
            say(text.removesuffix("\n"))


def qbr(
    customer: str = typer.Option(
        ..., "--customer", help="The customer's name; letter case and punctuation do not count."
    ),
    quarter: str = typer.Option(..., "--quarter", metavar="QUARTER", help="Like 2027Q1."),
    output: Path | None = typer.Option(
        None, "--output", "-o", help="An .html or .json file; CUSTOMER-QUARTER.html when absent."
    ),
    json: bool = JSON_OPTION,
) -> None:
    """The quarterly business review of one customer: one HTML page that prints well, or JSON. Volumes, promises kept
    against target, slowest answers, on-call response, and trends against the quarter before.

    Example: oncall report qbr --customer "Acme Ltd" --quarter 2027Q1 --output acme-2027Q1.html
    """
    from oncall.reports.quarter import quarter_of
    from oncall.reports.report_files import Format, ReviewAsked

    _refuse_suffix(output, REVIEW_SUFFIXES)
    asked = ReviewAsked(customer, quarter_of(quarter))
    with _backend() as backend:
        if output is not None or not json:
            suffix = Format(output.suffix.lower().removeprefix(".")) if output is not None else Format.HTML
            path = output or Path(f"{_file_name(customer)}-{asked.quarter}.html")
            _write(path, backend.review(replace(asked, form=suffix)))
        if json:
            typer.echo(backend.review(asked), nl=False)


def _backend() -> AbstractContextManager[LocalBackend | RemoteBackend]:
    """The server that the settings name, else this machine's database."""
    from oncall import wiring
    from oncall.cli.backend import open_backend

    return open_backend(wiring.read_settings())


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Refused(f"{path}: cannot be written: {error.strerror}") from error
    tell(f"written to {path}")


def _refuse_suffix(path: Path | None, suffixes: tuple[str, ...]) -> None:
    if path is not None and path.suffix.lower() not in suffixes:
        *others, last = suffixes
        choices = f"{', '.join(others)} or {last}" if others else last
        raise typer.BadParameter(f'"{path}" should end in {choices}')


def _date_of(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f'{option}: "{text[:40]}" is not a date; write "2027-01-04"') from None


def _file_name(customer: str) -> str:
    """A customer's name as part of a file's."""
    return "-".join("".join(letter if letter.isalnum() else " " for letter in customer.lower()).split()) or "customer"
