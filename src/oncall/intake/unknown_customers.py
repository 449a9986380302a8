"""Alerts the manager to a customer that is not in the customers file, once for each and at most once an hour."""

from __future__ import annotations

import hashlib
import uuid
from datetime import timedelta

from oncall.paging.domain.quoted_text import clean
from oncall.paging.domain.reachability import Alert
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.outgoing.sms_encoding import encoding_for, fitted
from oncall.paging.ports.intake_store import SenderKey
from oncall.paging.ports.store import IntakeStore
from oncall.support.policy import folded_name

TOLD_EVERY = timedelta(hours=1)
"""The shortest time between two alerts about unknown customers: a sender that invents them must cause no flood."""
_SUBJECT = "unknown customer"
_NO_CALLER = ""
_SHOWN = 40


def tell_of_unknown_customer(tx: IntakeStore, customer: str, plan: str, context: ActionContext) -> None:
    """Write an alert to the manager that a customer is not in the customers file.

    Writes none if this customer was reported before, or another one within TOLD_EVERY.
    """
    manager = tx.schedule().manager_at(context.now)
    if manager is None:
        return
    name = folded_name(customer)
    # A storm of alerts of one customer must not read the alerts for each of them.
    if tx.sender_key(_NO_CALLER, _SUBJECT, name) is not None:
        return
    recent = tx.alerts(written_since=context.real_now - TOLD_EVERY)
    if any(one.about.startswith(_SUBJECT) for one in recent):
        return
    about = f"{_SUBJECT} {hashlib.sha256(name.encode()).hexdigest()[:16]}"
    shown = clean(customer)[:_SHOWN]
    spelt = encoding_for([shown], unicode=tx.policy().sms.unicode).spell(shown)
    body = fitted(f"Customer {spelt} is on no list: treated as {plan}. Add it to the customers file.")
    tx.add_alert(Alert(uuid.uuid4().hex, about, manager.id, body, context.real_now, context.real_now))
    tx.add_sender_key(SenderKey(_NO_CALLER, _SUBJECT, name, None, 0, None, False, context.real_now))
