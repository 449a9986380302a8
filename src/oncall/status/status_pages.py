"""The status page as HTML, feeds and a badge. The HTML works without scripts.

The only script adds times in the reader's time zone.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from oncall.errors import NotFound
from oncall.status.component_states import ComponentState
from oncall.status.counted_intervals import counted_intervals
from oncall.status.day_bars import DAYS, day_bars, last_window
from oncall.status.incidents import Incident, Maintenance, MaintenancePlan, Update
from oncall.status.page_uptime import uptime_of_page
from oncall.status.status_board import uptime_windows
from oncall.status.status_entries import entries, shown_states
from oncall.status.status_history import RECENT_DAYS, History, history_of, recent_entries
from oncall.status.status_record import StatusRecord
from oncall.status.status_words import (
    STEP_WORDS,
    SYMBOLS,
    both_times,
    formula_sentence,
    since_words,
    uptime_sentence,
)
from oncall.status.statuspage_components import page_id
from oncall.status.statuspage_json import is_public, link_to, public_impact
from oncall.status.top_line import shown_line, unmeasured
from oncall.status.uptime import Tally, component_tally, percent

if TYPE_CHECKING:
    from jinja2 import Environment

MOST_UPDATES = 5
"""How many of the newest updates of an open incident the front page shows. The incident's own web page shows all."""
LATE = timedelta(minutes=1)
"""If an update was written more than this after its time, the page shows both times."""
INDICATOR_SYMBOLS = {"none": "✓", "not_measured": "–", "maintenance": "⚒", "minor": "▽", "major": "◐", "critical": "✕"}


def status_html(
    record: StatusRecord, base: str, *, may_subscribe: bool = False, may_text: bool = False, may_post: bool = False
) -> str:
    """Return the front page of the status page as HTML.

    base: the path from this page to the other files, like `/status/`. may_subscribe: show the form to subscribe by
    mail. may_text: show the form for phone numbers. may_post: show the form for webhooks.
    """
    page, window, line = record.page, last_window(record), shown_line(record)
    components = [(each, record.state_of(each.id), list(day_bars(record, each.id))) for each in page.public]
    tallies = {each.id: component_tally(record.histories[each.id], window, page) for each in page.public}
    groups = [(group.name, [row for row in components if row[0].group == group.id]) for group in page.groups]
    groups.append(("", [row for row in components if row[0].group is None]))
    return _render(
        "status_page.html.j2",
        record,
        base,
        line=line,
        unmeasured=unmeasured(record),
        symbol_of_page=INDICATOR_SYMBOLS[line.indicator],
        groups=[(name, rows) for name, rows in groups if rows],
        tallies=tallies,
        page_tally=uptime_of_page(record, window),
        days=DAYS,
        windows=uptime_windows(record),
        counted=counted_intervals(record, window),
        open_incidents=[each for each in record.open_incidents if is_public(each, record)],
        running=[each for each in record.running if is_public(each, record)],
        upcoming=[each for each in record.upcoming if is_public(each, record)],
        recent=recent_entries(record),
        recent_days=RECENT_DAYS,
        most_updates=MOST_UPDATES,
        may_subscribe=may_subscribe,
        may_text=may_text,
        may_post=may_post,
    )


def incident_html(record: StatusRecord, subject: str, base: str) -> str:
    """Return the HTML page of one incident or maintenance. Raises NotFound if it is unknown or private.

    subject: the id of the incident or maintenance. base: as for `status_html`.
    """
    known: list[Incident | Maintenance] = [*record.incidents, *record.maintenances]
    found = next((each for each in known if each.id == subject and is_public(each, record)), None)
    if found is None:
        raise NotFound("there is no such page; /status/history lists every incident")
    return subject_html(record, found, base)


def subject_html(record: StatusRecord, subject: Incident | Maintenance, base: str) -> str:
    """Return the HTML page of a public incident or maintenance."""
    incident, work = (subject, None) if isinstance(subject, Incident) else (None, subject)
    return _render("status_incident.html.j2", record, base, incident=incident, work=work)


def history_html(record: StatusRecord, month: str, base: str, history: History | None = None) -> str:
    """Return the HTML page of one month of the history. month: like `2027-03`; empty: the newest.

    history: the history of this record, if the caller has it already, to render many months. Raises NotFound for a
    month that the history does not have.
    """
    history = history or history_of(record)
    shown = history.month(month) if month or history.months else None
    return _render("status_history.html.j2", record, base, history=history, month=shown)


@dataclass(frozen=True, slots=True)
class SubscriptionForm:
    """The form on a web page about one subscription.

    button, path: empty if the page has no form. chosen: the ids of the components that the form shows as ticked.
    unsubscribe: the path of the page that ends the subscription. asks_code: True if the form has a field for the code
    that was sent to a phone.
    """

    button: str = ""
    path: str = ""
    chosen: tuple[str, ...] | None = None
    unsubscribe: str | None = None
    asks_code: bool = False


def subscription_html(record: StatusRecord, title: str, words: str, form: SubscriptionForm) -> str:
    """Return the HTML page about one subscription. words: the text above the form."""
    return _render("status_subscription.html.j2", record, "/status/", title=title, words=words, **asdict(form))


def feed(record: StatusRecord, form: str, component: str | None = None) -> str:
    """Return the feed of the status page, or of one component, as XML. form: `atom` or `rss`."""
    listed = entries(record, component)
    updated = listed[0].at if listed else min(record.first_published.values())
    name = record.name_of(component) if component is not None else record.page.name
    return _render(
        f"status_feed.{form}.j2",
        record,
        "",
        entries=listed,
        updated=updated,
        title=name,
        feed_id=page_id(record.page) if component is None else f"{page_id(record.page)}:component:{component}",
    )


def badge_svg(record: StatusRecord) -> str:
    """Return a small picture (SVG) that shows the state of the status page."""
    line = shown_line(record)
    symbol = INDICATOR_SYMBOLS[line.indicator]
    return _render("status_badge.svg.j2", record, "", line=line, symbol=symbol)


def asset(name: str) -> bytes:
    """Return the content of a file that the pages use: `status.css` or `status.js`."""
    return files("oncall.status").joinpath(name).read_bytes()


def _render(template: str, record: StatusRecord, base: str, **values: object) -> str:
    return (
        _templates()
        .get_template(template)
        .render(
            record=record,
            page=record.page,
            base=base,
            time=lambda at: both_times(at, record.page.zone),
            link=lambda subject: link_to(subject, record),
            impact=lambda incident: public_impact(incident, record).value,
            changes=lambda incident: _changes(incident, record),
            # A file on any web host needs its name in links; the service does not.
            index="" if base.startswith("/") else "/index.html",
            home=base.rstrip("/") if base.startswith("/") else f"{base}index.html",
            **values,
        )
    )


def _changes(incident: Incident, record: StatusRecord) -> dict[int, list[tuple[str, ComponentState]]]:
    """Return the names and new states of the public components that each update changed, by the update's number."""
    return {update.seq: shown_states(record, states) for update, states in incident.states_set()}


@cache
def _templates() -> Environment:
    # Imported here, because it takes longer than the answers that need no page.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    found = Environment(
        loader=PackageLoader("oncall.status", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {"symbol": SYMBOLS.__getitem__, "percent": percent, "utc": _utc, "rfc822": _rfc822}
    found.globals |= {
        "uptime_sentence": uptime_sentence,
        "formula_sentence": formula_sentence,
        "ComponentState": ComponentState,
        "step_words": STEP_WORDS,
        "figure": _figure,
        "is_late": _is_late,
        "since_words": since_words,
    }
    return found


def _is_late(said: Update | MaintenancePlan) -> bool:
    """Return True if an update or announcement was written more than LATE after its time."""
    return said.written_at - said.at > LATE


def _figure(tally: Tally) -> str:
    return f"{percent(tally.sla)} %" if tally.sla is not None else "not measured"


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _rfc822(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")
