"""Reminds the author of an open incident that its last public update is old."""

from __future__ import annotations

import uuid
from datetime import timedelta

from oncall.paging.domain.quoted_text import clean
from oncall.paging.domain.reachability import Alert
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.outgoing.sms_encoding import encoding_for, fitted
from oncall.paging.ports.store import IntakeStore
from oncall.status.incidents import Incident
from oncall.status.status_record import read_status
from oncall.status.statuspage_json import is_public
from oncall.support.wording import rough_span

_SUBJECT = "public word"
_SHOWN = 40


def remind_of_silence(tx: IntakeStore, context: ActionContext) -> list[str]:
    """Write an alert for each open public incident whose last update is older than the page's `remind_after`.

    Returns the ids of these incidents. The alert is repeated after each `remind_after`. It goes to the author of the
    last update. If the roster does not have the author, it goes to the engineer who owns the incident's ticket, else to
    the engineer on call, else to the manager.
    """
    if not tx.status_files():
        return []
    record, told = read_status(tx, context.now), []
    every = record.page.remind_after
    recent = {one.about.rsplit(" ", 1)[0] for one in tx.alerts(written_since=context.real_now - every)}
    for incident in record.open_incidents:
        silent_for = context.now - max(each.written_at for each in incident.updates)
        subject = f"{_SUBJECT} {incident.id}"
        if silent_for < every or subject in recent or not is_public(incident, record):
            continue
        person = _person(tx, incident, context)
        if person is None:
            continue
        # Two pagers that run this at the same time write the same subject, and the store keeps one of them.
        about = f"{subject} {int(context.now.timestamp()) // int(every.total_seconds())}"
        body = _text(tx, incident, silent_for)
        if tx.add_alert(Alert(uuid.uuid4().hex, about, person, body, context.real_now, context.real_now)):
            told.append(incident.id)
    return told


def _person(tx: IntakeStore, incident: Incident, context: ActionContext) -> str | None:
    schedule, author = tx.schedule(), incident.updates[-1].by
    if author in schedule.people:
        return author
    stored = tx.ticket(incident.ticket) if incident.ticket is not None else None
    if stored is not None and stored.owner in schedule.people:
        return stored.owner
    holders = list(schedule.responders(context.now).roles.values())
    manager = schedule.manager_at(context.now)
    return holders[0].engineer if holders else manager.id if manager is not None else None


def _text(tx: IntakeStore, incident: Incident, silent_for: timedelta) -> str:
    title = clean(incident.title)[:_SHOWN]
    shown = encoding_for([title], unicode=tx.policy().sms.unicode).spell(title)
    return fitted(
        f"Write on the status page: no word on {shown} for {rough_span(silent_for)}. oncall status update {incident.id}"
    )
