"""`oncall report`: SLA attainment between two dates, a customer's quarterly business review, pay and load."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import typer

from oncall.cli.reports.duty_report_commands import load, pay
from oncall.cli.reports.report_output import give_report, refuse_suffix, report_backend, write_report
from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.option_values import date_of

SLA_SUFFIXES = (".csv", ".json", ".html")
REVIEW_SUFFIXES = (".html", ".json")


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    reports = typer.Typer(help="Report on SLA targets, pay and load.", no_args_is_help=True, rich_markup_mode=None)
    reports.command("sla")(sla)
    reports.command("qbr")(qbr)
    reports.command("pay")(pay)
    reports.command("load")(load)
    app.add_typer(reports, name="report")


def sla(
    first: str = typer.Option(..., "--from", metavar="DATE", help="The first date on which tickets came in."),
    last: str = typer.Option(..., "--to", metavar="DATE", help="The last date, included."),
    customer: str | None = typer.Option(
        None, "--customer", metavar="NAME", help="Report on this customer's tickets only."
    ),
    plan: str | None = typer.Option(None, "--plan", metavar="PLAN", help="Report on tickets of this plan only."),
    output: Path | None = typer.Option(
        None, "--output", "-o", metavar="FILE", help="Write a .csv, .json or .html file; default: a table on stdout."
    ),
    breaches: int = typer.Option(20, "--breaches", metavar="N", min=0, help="Show the latest N breaches in full."),
    json: bool = JSON_OPTION,
) -> None:
    """Report SLA attainment for the tickets of some dates.

    Shows for each plan, impact and metric how many targets were met and how fast, and every breach with its timeline.

    Examples: oncall report sla --from 2027-01-01 --to 2027-03-31
    · oncall report sla --from 2027-01-01 --to 2027-03-31 --customer "Acme Ltd" --output acme.html
    """
    from oncall.reports.report_files import SlaAsked

    refuse_suffix(output, SLA_SUFFIXES)
    asked = SlaAsked(date_of(first, "--from"), date_of(last, "--to"), customer, plan, breaches=breaches)
    with report_backend() as backend:
        give_report(asked, backend.sla_report, output, as_json=json)


def qbr(
    customer: str = typer.Option(
        ..., "--customer", metavar="NAME", help="The customer's name; letter case and punctuation do not matter."
    ),
    quarter: str = typer.Option(..., "--quarter", metavar="QUARTER", help="The quarter, like 2027Q1."),
    output: Path | None = typer.Option(
        None, "--output", "-o", metavar="FILE", help="Write an .html or .json file; default: CUSTOMER-QUARTER.html."
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

    refuse_suffix(output, REVIEW_SUFFIXES)
    asked = ReviewAsked(customer, quarter_of(quarter))
    with report_backend() as backend:
        if output is not None or not json:
            suffix = Format(output.suffix.lower().removeprefix(".")) if output is not None else Format.HTML
            path = output or Path(f"{_file_name(customer)}-{asked.quarter}.html")
            write_report(path, backend.review(replace(asked, form=suffix)).encode())
        if json:
            typer.echo(backend.review(asked), nl=False)


def _file_name(customer: str) -> str:
    """Return a customer's name with only characters that are safe in a file name."""
    return "-".join("".join(letter if letter.isalnum() else " " for letter in customer.lower()).split()) or "customer"
