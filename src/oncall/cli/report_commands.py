"""Reports in the terminal: SLA attainment over some dates, and a customer's quarterly business review."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from oncall.cli.json_option import JSON_OPTION
from oncall.cli.option_values import date_of
from oncall.cli.output import say, tell, terminal_width
from oncall.errors import Refused

if TYPE_CHECKING:
    from oncall.cli.local_backend import LocalBackend
    from oncall.cli.remote_backend import RemoteBackend

SLA_SUFFIXES = (".csv", ".json", ".html")
REVIEW_SUFFIXES = (".html", ".json")


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    reports = typer.Typer(help="Report how well SLA targets were met.", no_args_is_help=True, rich_markup_mode=None)
    reports.command("sla")(sla)
    reports.command("qbr")(qbr)
    app.add_typer(reports, name="report")


def sla(
    first: str = typer.Option(..., "--from", metavar="DATE", help="The first date on which tickets came in."),
    last: str = typer.Option(..., "--to", metavar="DATE", help="The last date, included."),
    customer: str | None = typer.Option(
        None, "--customer", metavar="NAME", help="Report on this customer's tickets only."
    ),
    plan: str | None = typer.Option(None, "--plan", metavar="PLAN", help="Report on tickets of this plan only."),
    output: Path | None = typer.Option(
        None, "--output", "-o", metavar="FILE", help="Write a .csv, .json or .html file; a table on stdout when absent."
    ),
    breaches: int = typer.Option(20, "--breaches", metavar="N", min=0, help="Show the latest N breaches in full."),
    json: bool = JSON_OPTION,
) -> None:
    """Report SLA attainment for the tickets of some dates.

    For each plan, impact and metric: how many targets were met, how fast, and every breach with its timeline.

    Examples: oncall report sla --from 2027-01-01 --to 2027-03-31
    · oncall report sla --from 2027-01-01 --to 2027-03-31 --customer "Acme Ltd" --output acme.html
    """
    from oncall.reports.report_files import Format, SlaAsked

    _refuse_suffix(output, SLA_SUFFIXES)
    asked = SlaAsked(date_of(first, "--from"), date_of(last, "--to"), customer, plan, breaches=breaches)
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
        ..., "--customer", metavar="NAME", help="The customer's name; letter case and punctuation do not matter."
    ),
    quarter: str = typer.Option(..., "--quarter", metavar="QUARTER", help="The quarter, like 2027Q1."),
    output: Path | None = typer.Option(
        None, "--output", "-o", metavar="FILE", help="Write an .html or .json file; CUSTOMER-QUARTER.html when absent."
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Write the quarterly business review of a customer.

    The review is one HTML page that prints well, or JSON. It has the volumes, the SLA attainment, the slowest replies,
    the on-call response, and the trends against the quarter before.

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
    """Open the server that the settings name, else the local database."""
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


def _file_name(customer: str) -> str:
    """Return a customer's name in a form for a file name."""
    return "-".join("".join(letter if letter.isalnum() else " " for letter in customer.lower()).split()) or "customer"
