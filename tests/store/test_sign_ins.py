"""Links that sign in, and sessions, in the store."""

from __future__ import annotations

from oncall.paging.ports.sign_in_store import LoginLink, PageSession, ProviderHandshake
from oncall.store.sql_store import SqlStore

from .examples import NOW, minutes

LINK = LoginLink("ab" * 32, "ana", "mei", NOW, NOW + minutes(15))
SESSION = PageSession("cd" * 32, "ana", NOW, NOW + minutes(60))

HANDSHAKE = ProviderHandshake("12" * 32, "34" * 32, "a-nonce", "a-verifier", "/board", NOW, NOW + minutes(10))


def test_a_link_is_taken_once(store: SqlStore) -> None:
    store.write(lambda tx: tx.add_login_link(LINK))
    assert store.write(lambda tx: tx.take_login_link("ef" * 32)) is None
    assert store.write(lambda tx: tx.take_login_link(LINK.digest)) == LINK
    assert store.write(lambda tx: tx.take_login_link(LINK.digest)) is None


def test_a_session_is_found_by_its_digest_until_it_is_removed(store: SqlStore) -> None:
    store.write(lambda tx: tx.add_page_session(SESSION))
    assert store.read(lambda tx: tx.page_session(SESSION.digest)) == SESSION
    assert store.read(lambda tx: tx.page_session("ef" * 32)) is None
    for _ in range(2):
        store.write(lambda tx: tx.remove_page_session(SESSION.digest))
    assert store.read(lambda tx: tx.page_session(SESSION.digest)) is None


def test_what_has_ended_is_forgotten(store: SqlStore) -> None:
    store.write(lambda tx: tx.add_login_link(LINK))
    store.write(lambda tx: tx.add_page_session(SESSION))
    store.write(lambda tx: tx.forget_sign_ins(ended_by=NOW + minutes(15)))
    assert store.write(lambda tx: tx.take_login_link(LINK.digest)) is None
    assert store.read(lambda tx: tx.page_session(SESSION.digest)) == SESSION
    store.write(lambda tx: tx.add_provider_handshake(HANDSHAKE))
    store.write(lambda tx: tx.forget_sign_ins(ended_by=NOW + minutes(10)))
    assert store.write(lambda tx: tx.take_provider_handshake(HANDSHAKE.state)) is None


def test_a_handshake_with_the_identity_provider_is_taken_once(store: SqlStore) -> None:
    store.write(lambda tx: tx.add_provider_handshake(HANDSHAKE))
    assert store.write(lambda tx: tx.take_provider_handshake("ef" * 32)) is None
    assert store.write(lambda tx: tx.take_provider_handshake(HANDSHAKE.state)) == HANDSHAKE
    assert store.write(lambda tx: tx.take_provider_handshake(HANDSHAKE.state)) is None


def test_a_session_keeps_what_the_identity_provider_said(store: SqlStore) -> None:
    session = PageSession("ef" * 32, "ana", NOW, NOW + minutes(60), is_manager=True, id_token="a.signed.token")
    store.write(lambda tx: tx.add_page_session(session))
    assert store.read(lambda tx: tx.page_session(session.digest)) == session
    assert "a.signed.token" not in repr(session)
    assert "a-verifier" not in repr(HANDSHAKE)
