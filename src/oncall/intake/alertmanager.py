"""Reads the webhook of Prometheus Alertmanager, which Grafana also sends: one signal for each alert."""

from __future__ import annotations

from collections.abc import Mapping

from oncall.intake.posts import Post, instant_in, json_object, labels_in, mapping_in, text_in, web_address
from oncall.intake.signals import Reading, Signal, SignalKind, Unreadable

MOST_ALERTS = 10_000
_SUBJECTS = ("summary", "title", "message", "description")
_LINKS = ("runbook_url", "dashboard_url")


def read_alertmanager(post: Post) -> Reading:
    """Return a signal for each alert, by the status of that alert. Raises Unreadable for a body without alerts."""
    document = json_object(post.body)
    alerts = document.get("alerts")
    if not isinstance(alerts, list) or not alerts:
        raise Unreadable('the body has no list "alerts"')
    common = {**labels_in(document.get("commonLabels")), "receiver": text_in(document, "receiver")}
    signals, faults = [], []
    for number, alert in enumerate(alerts[:MOST_ALERTS]):
        read = _signal(alert, common) if isinstance(alert, Mapping) else None
        if read is None:
            faults.append(f"alerts[{number}] has no labels and no fingerprint")
        else:
            signals.append(read)
    if len(alerts) > MOST_ALERTS:
        faults.append(f"the body has {len(alerts)} alerts; {MOST_ALERTS} at most are read")
    if left_out := _left_out(document):
        faults.append(f"Alertmanager left out {left_out} alerts of this body; raise its max_alerts")
    # Ends first: an alert that ended and began again is in the body twice.
    signals.sort(key=lambda one: one.kind is SignalKind.TRIGGER)
    return Reading(tuple(signals), tuple(faults))


def _left_out(document: Mapping[str, object]) -> int:
    """Return how many alerts Alertmanager says it left out of the body."""
    count = document.get("truncatedAlerts")
    return count if isinstance(count, int) and count > 0 else 0


def _signal(alert: Mapping[str, object], common: Mapping[str, str]) -> Signal | None:
    own = labels_in(alert.get("labels"))
    fingerprint = text_in(alert, "fingerprint") or "&".join(f"{name}={own[name]}" for name in sorted(own))
    if not fingerprint:
        return None
    started = text_in(alert, "startsAt")
    is_over = text_in(alert, "status").lower() == "resolved"
    notes = mapping_in(alert, "annotations")
    subject = next((text for name in _SUBJECTS if (text := text_in(notes, name))), "") or own.get("alertname", "")
    links = [
        *(text_in(notes, name) for name in _LINKS),
        *(text_in(alert, name) for name in ("generatorURL", "panelURL")),
    ]
    return Signal(
        SignalKind.RESOLVE if is_over else SignalKind.TRIGGER,
        f"{fingerprint} {started}",
        {**{name: text for name, text in common.items() if text}, **own},
        subject=subject,
        url=next((link for text in links if (link := web_address(text)) is not None), None),
        at=instant_in(started),
        why="Alertmanager reports that the alert is over" if is_over else "",
        is_episode=True,
        problem=fingerprint,
    )
