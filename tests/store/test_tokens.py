"""Inbound messages, tokens and the pagers' heartbeats."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from oncall.errors import Conflict
from oncall.paging.ports.callers import CallerRole, Scope, Token
from oncall.store.sql_store import SqlStore

from .examples import NOW, message, minutes

HELPDESK = Token("helpdesk", CallerRole.INTAKE, "ab" * 32, NOW)


def test_an_inbound_message_is_stored_without_nul_characters(store: SqlStore) -> None:
    store.write(lambda t: t.add_inbound(replace(message(), body="ACK\0 7K2")))
    assert store.read(lambda t: t.inbound("SM1")) == replace(message(), body="ACK 7K2")


def test_an_inbound_message_is_found_again_by_its_provider_id(store: SqlStore) -> None:
    store.write(lambda t: t.add_inbound(message()))
    assert store.read(lambda t: (t.inbound("SM1"), t.inbound("SM2"))) == (message(), None)
    with pytest.raises(Conflict, match=r"^inbound message SM1: it is stored already$"):
        store.write(lambda t: t.add_inbound(message()))


def test_a_token_is_found_by_its_digest(store: SqlStore) -> None:
    store.write(lambda t: t.add_token(HELPDESK))
    assert store.read(lambda t: (t.token_by_digest("ab" * 32), t.token_by_digest("cd" * 32))) == (HELPDESK, None)


def test_two_tokens_cannot_have_the_same_name(store: SqlStore) -> None:
    store.write(lambda t: t.add_token(HELPDESK))
    with pytest.raises(Conflict, match=r'^token "helpdesk": the name is taken$'):
        store.write(lambda t: t.add_token(Token("helpdesk", CallerRole.MANAGER, "cd" * 32, NOW)))
    with pytest.raises(Conflict, match=r'^token "other": the secret is in use already$'):
        store.write(lambda t: t.add_token(Token("other", CallerRole.MANAGER, "ab" * 32, NOW)))


def test_tokens_are_listed_by_name(store: SqlStore) -> None:
    ana = Token("ana", CallerRole.ENGINEER, "cd" * 32, NOW)
    store.write(lambda t: t.add_token(HELPDESK))
    store.write(lambda t: t.add_token(ana))
    assert store.read(lambda t: t.tokens()) == [ana, HELPDESK]


def test_a_token_keeps_its_label_and_its_scopes(store: SqlStore) -> None:
    laptop = Token(
        "ana", CallerRole.ENGINEER, "cd" * 32, NOW, label="laptop", scopes=frozenset({Scope.READ, Scope.EVENTS})
    )
    phone = replace(laptop, digest="ef" * 32, label="", scopes=frozenset())
    for token in (laptop, phone):
        store.write(partial(lambda token, t: t.add_token(token), token))
    assert store.read(lambda t: t.tokens()) == [phone, laptop]
    assert store.read(lambda t: (t.token("ana:laptop"), t.token("ana"), t.token("ben"))) == (laptop, phone, None)


def test_a_rotated_token_is_found_by_both_secrets(store: SqlStore) -> None:
    store.write(lambda t: t.add_token(HELPDESK))
    rotated = replace(
        HELPDESK, digest="cd" * 32, old_digest="ab" * 32, old_ends_at=NOW + minutes(5), expires_at=NOW + minutes(9)
    )
    store.write(lambda t: t.replace_token(rotated))
    assert store.read(lambda t: [t.token_by_digest(each * 32) for each in ("ab", "cd", "ef")]) == [
        rotated,
        rotated,
        None,
    ]


def test_the_last_use_of_a_token_never_goes_back(store: SqlStore) -> None:
    store.write(lambda t: t.add_token(HELPDESK))
    for at in (NOW, NOW + minutes(9), NOW + minutes(5)):
        store.write(partial(lambda at, t: t.note_token_use({"helpdesk": at, "revoked": at}), at))
    assert store.read(lambda t: t.tokens()) == [replace(HELPDESK, last_used_at=NOW + minutes(9))]


def test_the_last_heartbeat_is_the_newest_of_all_pagers(store: SqlStore) -> None:
    assert store.read(lambda t: t.last_beat()) is None
    store.write(lambda t: t.beat("a", real_now=NOW, channel="outbox"))
    store.write(lambda t: t.beat("b", real_now=NOW + minutes(1), channel="twilio"))
    assert store.read(lambda t: t.last_beat()) == (NOW + minutes(1), "twilio")
    store.write(lambda t: t.beat("a", real_now=NOW + minutes(2), channel="twilio"))
    assert store.read(lambda t: t.last_beat()) == (NOW + minutes(2), "twilio")


def test_a_new_pager_deletes_pagers_that_stopped_a_week_ago(sqlite_store: SqlStore) -> None:
    sqlite_store.write(lambda t: t.beat("old", real_now=NOW, channel="outbox"))
    sqlite_store.write(lambda t: t.beat("new", real_now=NOW + minutes(8 * 24 * 60), channel="outbox"))
    # If it were still stored, it would be the last heartbeat after the clock is set back by eight days.
    sqlite_store.write(lambda t: t.beat("new", real_now=NOW - minutes(1), channel="outbox"))
    assert sqlite_store.read(lambda t: t.last_beat()) == (NOW - minutes(1), "outbox")
