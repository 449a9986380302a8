"""Whatever bytes a help desk posts, its reader gives signals or says what it cannot understand."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.intake.mapping_file import load_mapping
from oncall.intake.posts import Post
from oncall.intake.signals import Unreadable
from oncall.intake.zendesk import read_zendesk
from tests.intake.test_zendesk import TRIGGER, event

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
MAPPINGS = {name: load_mapping(name, None) for name in ("freshdesk", "intercom", "jira")}
PLACES = {
    "freshdesk": ["freshdesk_webhook", "ticket_id", "ticket_status", "ticket_priority", "triggered_event"],
    "intercom": ["topic", "data", "item", "id", "priority", "tags", "source", "state"],
    "jira": ["webhookEvent", "issue", "key", "fields", "priority", "status", "changelog", "items", "comment"],
}


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=300))
def test_zendesk_reads_any_bytes(raw: bytes) -> None:
    try:
        read_zendesk(raw)
    except Unreadable as refusal:
        assert str(refusal).startswith("the body ")


@settings(max_examples=30, deadline=None)
@given(st.sampled_from([*TRIGGER, "unknown"]), VALUES)
def test_zendesk_reads_any_value_of_a_field(name: str, value: object) -> None:
    for raw in (json.dumps({"ticket": {**TRIGGER, name: value}}).encode(), event("comment_added", {name: value})):
        try:
            read_zendesk(raw)
        except Unreadable as refusal:
            assert "names no ticket" in str(refusal)


@settings(max_examples=30, deadline=None)
@given(st.text('ab"\\\n, :{}é', max_size=40))
def test_any_title_leaves_the_ticket_and_its_priority(title: str) -> None:
    raw = f'{{"ticket": {{"id": "35436", "title": "{title}", "priority": "High"}}}}'.encode("utf-8", "replace")
    (signal,) = read_zendesk(raw).signals
    assert (signal.ticket_id, signal.labels["priority"]) == ("zd-35436", "High")


@pytest.mark.parametrize("name", MAPPINGS)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_mapping_reads_any_json(name: str, data: st.DataObject) -> None:
    keys = st.sampled_from(PLACES[name])
    shaped = st.recursive(VALUES, lambda inner: st.dictionaries(keys, inner, min_size=1, max_size=4), max_leaves=8)
    raw = json.dumps(data.draw(st.dictionaries(keys, shaped, max_size=4))).encode()
    try:
        MAPPINGS[name].read_post(Post(raw))
    except Unreadable as refusal:
        assert str(refusal).startswith("the body ")
