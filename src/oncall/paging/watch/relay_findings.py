"""Findings of `oncall doctor` about webhooks, team channels and mail to subscribers. None of them stops a page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from oncall.paging.ports.relay import SUBSCRIBER_CODES, SUBSCRIBER_HOOK, SUBSCRIBER_SMS
from oncall.paging.watch.doctor_inputs import Facts, Stored
from oncall.paging.watch.finding import Finding, fine, warns
from oncall.support.wording import rough_span

LATE = timedelta(minutes=15)
"""How long (real time) a message may wait before the doctor reports it."""


def relay_findings(facts: Facts, stored: Stored) -> Iterator[Finding]:
    """Yield a warning for each reason why messages to webhooks, team channels or subscribers do not arrive.

    If there is no reason, yields one finding that all is well. Yields nothing if nobody gets such messages.
    """
    policy = stored.policy
    by_sms = SUBSCRIBER_SMS in stored.backlogs
    if policy is None or not (policy.webhooks or policy.team_channels or stored.subscribers or by_sms):
        return
    found = False
    for variable in facts.unset_mail if stored.subscribers else ():
        found = True
        words = f"{variable} is not set, so {stored.subscribers} subscribers of the status page get no mail"
        yield warns("webhooks", f"{words}; set it for `oncall serve` and restart.")
    for variable in facts.unset:
        found = True
        yield warns("webhooks", f"{variable} is not set, so nothing goes there; set it for `oncall serve` and restart.")
    # Strangers enter subscribers' webhooks and the numbers that get codes, so the operator cannot correct a bad one.
    strangers = (f"{SUBSCRIBER_HOOK}:", SUBSCRIBER_CODES)
    own = {to: backlog for to, backlog in stored.backlogs.items() if not to.startswith(strangers)}
    for to, backlog in sorted(own.items()):
        if backlog.oldest is not None and facts.real_now - backlog.oldest >= LATE:
            found = True
            span = rough_span(facts.real_now - backlog.oldest)
            words = f"{backlog.waiting} messages to {to} wait, the oldest for {span}"
            yield warns("webhooks", f"{words}; `oncall webhooks --to {to}` says why.")
        if backlog.quarantined:
            found = True
            words = f"{backlog.quarantined} messages to {to} were given up"
            yield warns("webhooks", f"{words}; see `oncall webhooks --state quarantined`.")
    if not found:
        yield fine("webhooks", "no message to a webhook, team channel or subscriber is late.")
