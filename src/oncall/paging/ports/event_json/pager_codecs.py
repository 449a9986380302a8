"""Converts the events that the pager causes to JSON and back."""

from __future__ import annotations

from oncall.paging.domain.events import Event, EventKind
from oncall.paging.domain.pager_events import (
    Absorbed,
    AbsorbedClock,
    AlertEvent,
    AlertMark,
    Breached,
    Chased,
    ClockEvent,
    HandedOver,
    Judged,
    PageBundled,
    PageWaits,
    StepEvent,
    StepFailed,
    StepFired,
    StepRepeated,
    StepRerouted,
    StepResent,
    StepSkipped,
    Warned,
    Withdrawn,
)
from oncall.paging.domain.verdict import Action, Verdict
from oncall.paging.ports.event_json.values import (
    Common,
    Details,
    Json,
    Reader,
    Writer,
    given,
    instant,
    mark_json,
    mark_of,
    maybe_instant,
    position_json,
    position_of,
    terms_json,
    terms_of,
    text,
)
from oncall.support.policy import Metric

_ACTIONS = {action.value: action for action in Action}


def _read_judged(common: Common, details: Details) -> Judged:
    verdict = Verdict(
        at=common[1],
        action=_ACTIONS[details["action"]],
        reasons=tuple(details.get("reasons", ())),
        first_reply_due=instant(details["first_reply_due"]),
        engineer=details.get("engineer"),
        hold_until=maybe_instant(details.get("hold_until")),
    )
    return Judged(*common, verdict=verdict, terms=terms_of(details))


def _judged_json(event: Judged) -> Json:
    verdict = event.verdict
    return {
        "action": verdict.action.value,
        "reasons": list(verdict.reasons),
        **given(engineer=verdict.engineer, hold_until=text(verdict.hold_until)),
        "first_reply_due": verdict.first_reply_due.isoformat(),
        "why": event.why,
        **terms_json(event.terms),
    }


def _read_absorbed(common: Common, details: Details) -> Absorbed:
    return Absorbed(
        *common,
        duplicate=details["from"],
        clocks=tuple(_absorbed_clock(clock) for clock in details["clocks"]),
        alerts=frozenset(mark_of(mark) for mark in details["promised"]),
        first_reply_due=maybe_instant(details.get("first_reply_due")),
    )


def _absorbed_json(event: Absorbed) -> Json:
    return {
        "from": event.duplicate,
        "clocks": [_absorbed_clock_json(clock) for clock in event.clocks],
        "promised": sorted(mark_json(mark) for mark in event.alerts),
        **given(first_reply_due=text(event.first_reply_due)),
    }


def _absorbed_clock(found: Details) -> AbsorbedClock:
    return AbsorbedClock(
        metric=Metric(found["metric"]),
        plan=found["plan"],
        impact=found["impact"],
        since=instant(found["since"]),
        promised_at=instant(found["promised_at"]),
        asked_from=maybe_instant(found["asked_from"]),
        counted_from=maybe_instant(found["counted_from"]),
        spans=tuple((instant(start), instant(end)) for start, end in found["spans"]),
        breached_at=maybe_instant(found["breached_at"]),
        asked=tuple(instant(at) for at in found.get("asked", ())),
        terms=terms_of(found),
    )


def _absorbed_clock_json(clock: AbsorbedClock) -> Json:
    return {
        "metric": clock.metric.value,
        "plan": clock.plan,
        "impact": clock.impact,
        "since": clock.since.isoformat(),
        "promised_at": clock.promised_at.isoformat(),
        "asked_from": text(clock.asked_from),
        "counted_from": text(clock.counted_from),
        "spans": [[start.isoformat(), end.isoformat()] for start, end in clock.spans],
        "breached_at": text(clock.breached_at),
        "asked": [at.isoformat() for at in clock.asked],
        **terms_json(clock.terms),
    }


def _read_fired(common: Common, details: Details) -> StepFired:
    return StepFired(
        *common,
        round=details["round"],
        step=details["step"],
        notify=details["notify"],
        channel=details["channel"],
        following=position_of(details["next"]),
        to=details["to"],
        attempt=details["attempt"],
    )


def _fired_json(event: StepFired) -> Json:
    return _skipped_json(event) | {"to": event.to, "attempt": event.attempt}


def _read_skipped(common: Common, details: Details) -> StepSkipped:
    return StepSkipped(
        *common,
        round=details["round"],
        step=details["step"],
        notify=details["notify"],
        channel=details["channel"],
        following=position_of(details["next"]),
    )


def _skipped_json(event: StepFired | StepSkipped) -> Json:
    return {
        "round": event.round,
        "step": event.step,
        "notify": event.notify,
        "channel": event.channel,
        "next": position_json(event.following),
    }


def _read_failed(common: Common, details: Details) -> StepFailed:
    return StepFailed(
        *common,
        round=details["round"],
        step=details["step"],
        to=details["to"],
        attempt=details["attempt"],
        channel=details["channel"],
        for_good=bool(details.get("for_good")),
    )


def _failed_json(event: StepFailed) -> Json:
    return {
        **_step_json(event, event.to),
        "attempt": event.attempt,
        "channel": event.channel,
        "for_good": event.for_good,
    }


def _reads_repeated(made: type[StepRerouted | StepResent]) -> Reader:
    def read(common: Common, details: Details) -> Event:
        return made(
            *common,
            round=details["round"],
            step=details["step"],
            to=details["to"],
            channel=details["channel"],
            attempt=details["attempt"],
            instead_of=details["instead_of"],
        )

    return read


def _repeated_json(event: StepRepeated) -> Json:
    return {
        **_step_json(event, event.to),
        "channel": event.channel,
        "attempt": event.attempt,
        "instead_of": event.instead_of,
    }


def _step_json(event: StepEvent, to: str) -> Json:
    return {"round": event.round, "step": event.step, "to": to}


def _reads_alert(made: type[Warned | Chased | Breached]) -> Reader:
    def read(common: Common, details: Details) -> Event:
        return made(*common, **_clock(details), attempt=details.get("attempt"))

    return read


def _read_withdrawn(common: Common, details: Details) -> Withdrawn:
    return Withdrawn(*common, **_clock(details))


def _clock(details: Details) -> Json:
    return {
        "metric": Metric(details["metric"]),
        "since": instant(details["since"]),
        "due_at": maybe_instant(details["due_at"]),
        "to": details["to"],
    }


def _alert_json(event: AlertEvent) -> Json:
    return _clock_json(event, event.mark) | given(attempt=event.attempt)


def _withdrawn_json(event: Withdrawn) -> Json:
    return _clock_json(event, event.mark)


def _clock_json(event: ClockEvent, mark: AlertMark) -> Json:
    return {
        "metric": event.metric.value,
        "since": event.since.isoformat(),
        "due_at": text(event.due_at),
        "mark": mark_json(mark),
        "to": event.to,
    }


def _read_page_waits(common: Common, details: Details) -> PageWaits:
    return PageWaits(*common, to=details["to"], attempt=details["attempt"], until=instant(details["until"]))


def _page_waits_json(event: PageWaits) -> Json:
    return {"to": event.to, "attempt": event.attempt, "until": event.until.isoformat()}


def _read_page_bundled(common: Common, details: Details) -> PageBundled:
    return PageBundled(
        *common,
        to=details["to"],
        attempt=details["attempt"],
        bundle=details["bundle"],
        tickets=tuple(details["tickets"]),
    )


def _page_bundled_json(event: PageBundled) -> Json:
    return {"to": event.to, "attempt": event.attempt, "bundle": event.bundle, "tickets": list(event.tickets)}


def _read_handed_over(common: Common, details: Details) -> HandedOver:
    return HandedOver(*common, to=details["to"], handoff_at=instant(details["handoff_at"]), attempt=details["attempt"])


def _handed_over_json(event: HandedOver) -> Json:
    return {"to": event.to, "handoff_at": event.handoff_at.isoformat(), "attempt": event.attempt}


READERS: dict[EventKind, Reader] = {
    EventKind.ABSORBED: _read_absorbed,
    EventKind.JUDGED: _read_judged,
    EventKind.STEP_FIRED: _read_fired,
    EventKind.STEP_SKIPPED: _read_skipped,
    EventKind.STEP_FAILED: _read_failed,
    EventKind.STEP_REROUTED: _reads_repeated(StepRerouted),
    EventKind.STEP_RESENT: _reads_repeated(StepResent),
    EventKind.WARNED: _reads_alert(Warned),
    EventKind.CHASED: _reads_alert(Chased),
    EventKind.BREACHED: _reads_alert(Breached),
    EventKind.WITHDRAWN: _read_withdrawn,
    EventKind.PAGE_WAITS: _read_page_waits,
    EventKind.PAGE_BUNDLED: _read_page_bundled,
    EventKind.HANDED_OVER: _read_handed_over,
}

WRITERS: dict[type[Event], Writer] = {
    Absorbed: _absorbed_json,
    Judged: _judged_json,
    StepFired: _fired_json,
    StepSkipped: _skipped_json,
    StepFailed: _failed_json,
    StepRerouted: _repeated_json,
    StepResent: _repeated_json,
    Warned: _alert_json,
    Chased: _alert_json,
    Breached: _alert_json,
    Withdrawn: _withdrawn_json,
    PageWaits: _page_waits_json,
    PageBundled: _page_bundled_json,
    HandedOver: _handed_over_json,
}
