"""`oncall report pay` and `oncall report load`: the pay for on-call time, and how often engineers are paged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import typer

from oncall.cli.reports.report_output import give_report, refuse_suffix, report_backend, write_report
from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.option_values import date_of
from oncall.cli.terminal.output import bad_value, print_json, print_table, say, tell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oncall.reports.duty_view_types import WorkingTimeBreachView
    from oncall.reports.pay import Pay

LOAD_SUFFIXES = (".csv", ".json", ".html")


def pay(
    month: str = typer.Option(..., "--month", metavar="MONTH", help="The month to pay, like 2027-01."),
    rates: Path = typer.Option(
        ..., "--rates", metavar="FILE", help="A YAML file with the currency and the rate of an hour of each kind."
    ),
    rules: str | None = typer.Option(
        None, "--rules", metavar="eu", help="Also list where rest was below 11 h a day or work above 48 h a week."
    ),
    output: Path | None = typer.Option(
        None, "--output", "-o", metavar="FILE", help="Write a .csv, .xlsx or .json file; default: a table on stdout."
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Report the pay for on-call time in a month.

    Multiplies each engineer's hours of each kind of shift, overrides applied, by the rates in a file, like
    {currency: USD, rates: {weeknight: 10, weekend: 15, holiday: 20}}. A key `night: {page: 5, hour: 60}` adds pay for
    each page and each hour of work from 23:00 to 06:00. Also lists the shifts.

    Example: oncall report pay --month 2027-01 --rates rates.yaml --output pay.xlsx
    """
    from oncall.reports.month import month_of
    from oncall.reports.pay import pay_of, pay_view
    from oncall.reports.pay_files import PAY_SUFFIXES, pay_bytes, pay_notes
    from oncall.reports.rates_file import read_rates

    refuse_suffix(output, PAY_SUFFIXES)
    if rules not in (None, "eu"):
        raise bad_value(f'"{rules[:40]}" is not a set of rules; write eu', "--rules")
    asked = month_of(month)
    with report_backend() as backend:
        duty = backend.duty(asked)
    served = {kind for row in duty["engineers"] for kind in row["kinds"]}
    found = pay_of(duty, read_rates(rates, kinds=duty["kinds"], served=served))
    breaches = duty["breaches"] if rules is not None else None
    zone = ZoneInfo(duty["timezone"])
    if output is not None:
        write_report(output, pay_bytes(found, output.suffix.lower(), breaches, zone))
    if json:
        print_json(pay_view(found, breaches))
    elif output is None:
        _print_pay(found, breaches, zone)
    for note in pay_notes(found, duty):
        tell(note)


def _print_pay(found: Pay, breaches: Sequence[WorkingTimeBreachView] | None, zone: ZoneInfo) -> None:
    from oncall.reports.pay_files import STRICT_READING, breach_rows, pay_table

    header, *rows = pay_table(found)
    print_table(header, rows)
    if breaches is None:
        return
    header, *rows = breach_rows(breaches, zone)
    say("")
    if rows:
        print_table(header, rows, names=2)
    else:
        say("No breach of 11 h daily rest or of the 48 h week.")
    tell(STRICT_READING)


def load(
    first: str = typer.Option(..., "--from", metavar="DATE", help="The first date."),
    last: str = typer.Option(..., "--to", metavar="DATE", help="The last date, included."),
    output: Path | None = typer.Option(
        None, "--output", "-o", metavar="FILE", help="Write a .csv, .json or .html file; default: a table on stdout."
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Report how often each engineer was paged.

    Lists for each engineer the pages and tickets, the pages at night (23:00 to 06:00), the nights with a page, and the
    most such nights in a row. The HTML file has plots.

    Examples: oncall report load --from 2027-01-01 --to 2027-03-31
    · oncall report load --from 2027-01-01 --to 2027-03-31 --output load.html
    """
    from oncall.reports.report_files import LoadAsked

    refuse_suffix(output, LOAD_SUFFIXES)
    asked = LoadAsked(date_of(first, "--from"), date_of(last, "--to"))
    with report_backend() as backend:
        give_report(asked, backend.load_report, output, as_json=json)
