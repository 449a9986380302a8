"""Reads the keys `escalation` and `channels.desk` of a policy file: who is reached, by which channel, and when."""

from __future__ import annotations

import re
from datetime import timedelta

from oncall.file_nodes import Node, shown
from oncall.file_values import Fields, Slot, distinct_list_of, list_of, one_of, scalar
from oncall.likely_numbers import share_meant
from oncall.suggestions import nearest
from oncall.support.policy import ChannelName, DeskChannel, Escalation, EscalationStep, Notify
from oncall.support.value_readers import duration, slug, some_time

_PHONE_CHANNELS = (ChannelName.SMS, ChannelName.VOICE)
_EXAMPLE_STEP = "{notify: primary, channel: sms, after: 0m}"


def escalation(node: Node) -> Escalation:
    """Read the `escalation` key: the steps and the times of a round."""
    fields = Fields(node)
    steps = fields.required("steps", list_of(_step), example=f"[{_EXAMPLE_STEP}]")
    repeat = fields.required("repeat_every", some_time, example="30m")
    desk = fields.required("desk_after", duration, example="15m")
    warn = fields.optional("warn_at", _share, 75.0)
    fields.close()
    if steps.is_good and not steps.value:
        steps.place.note(f"is empty; write at least one step, like {_EXAMPLE_STEP}")
    return Escalation(steps.value, repeat.value, desk.value, warn.value / 100)


def _share(node: Node) -> float:
    """Read a share of a target, like `75%`, as a number of percent."""
    text = scalar(node).text.strip()
    number = text.removesuffix("%").strip()
    if not text.endswith("%") or not re.fullmatch(r"[0-9]{1,2}([.][0-9]{1,3})?", number) or not float(number):
        likely = share_meant(text, whole=100)
        is_good = likely is not None and 1 <= float(likely) < 100
        advice = f"write {likely}%" if is_good else "write one from 1% to 99%, like 75%"
        raise node.refuse(f"{shown(text)} is not a share of a promised time; {advice}")
    return float(number)


def _step(node: Node) -> EscalationStep:
    fields = Fields(node)
    notify = fields.required("notify", _target, example="primary")
    channel = fields.required("channel", lambda place: _step_channel(place, notify), example="sms")
    after = fields.required("after", _delay, example="5m")
    fields.close()
    length, percent = after.value
    return EscalationStep(Notify(notify.value), channel.value, length, percent)


_TARGETS = (Notify.DESK, Notify.PRIMARY, Notify.SECONDARY, Notify.MANAGER)
"""The targets that every policy may name in a step. Any other name is a role of the roster."""


def _target(node: Node) -> str:
    """Read the target of a step: `desk`, `manager` or the name of a role. Only the roster says which roles exist."""
    text = scalar(node).text
    near = nearest(text, _TARGETS, likeness=0.85)
    if near is not None and text != near and not text.startswith(near):
        raise node.refuse(f'{shown(text)} is not a target of a step; did you mean "{near}"?')
    return slug(node)


def _step_channel(node: Node, notify: Slot[str]) -> ChannelName:
    """Read the channel of a step: `desk` for a step that notifies the desk, `sms` or `voice` for a person.

    Any other channel is a fault. Because an old published policy may name one, the result is then a channel that works.
    """
    if notify.is_good and notify.value == Notify.DESK:
        if scalar(node).text != ChannelName.DESK:
            node.note(f"{shown(scalar(node).text)} does not reach the desk, which has only its queue; write desk")
        return ChannelName.DESK
    return _phone_channel(node)


def _phone_channel(node: Node) -> ChannelName:
    """Read `sms` or `voice`. `email` and `desk` are faults, and are read as `sms`."""
    text = scalar(node).text
    if text == "email":
        node.note('"email" pages nobody; write sms or voice, and a team channel under channels for what all may read')
        return ChannelName.SMS
    if text == ChannelName.DESK:
        node.note('"desk" is the channel of steps that notify the desk; write sms or voice')
        return ChannelName.SMS
    return ChannelName(one_of(list(_PHONE_CHANNELS), "a channel")(node))


def _delay(node: Node) -> tuple[timedelta | None, float | None]:
    """Read the delay of a step: `5m` gives (delay, None), and `25%` of the first-reply target gives (None, 25)."""
    text = scalar(node).text.strip()
    if not text.endswith("%"):
        if re.search(r"[0-9]\s*(percent|pct)$", text.lower()) and (likely := share_meant(text, whole=100)):
            raise node.refuse(f"{shown(text)} is not a share of the first-reply time; write {likely}%")
        return duration(node), None
    number = text.removesuffix("%").strip()
    if not re.fullmatch(r"[0-9]{1,2}([.][0-9]{1,3})?", number):
        raise node.refuse(f"{shown(text)} is not a share of the first-reply time; write one from 0% to 99%, like 25%")
    return None, float(number)


def desk_notices(node: Node) -> DeskChannel:
    """Read `channels.desk`: who gets a notice of each ticket at the desk, and by which channel."""
    fields = Fields(node)
    notify = fields.required("notify", distinct_list_of(slug, least=1, most=20), example="[mei]")
    channel = fields.optional("channel", _phone_channel, ChannelName.SMS)
    fields.close()
    return DeskChannel(notify.value, channel.value)
