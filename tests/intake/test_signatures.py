"""A signature is checked over the raw bytes, within a quarter of an hour, for each of the secrets."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from oncall.intake.mapping import SignatureRule
from oncall.intake.signatures import ZENDESK, why_unsigned

NOW = datetime(2027, 1, 9, 8, 12, tzinfo=UTC)
BODY = '{"ticket": {"id": "1", "title": "café"}}'.encode()


def signed(secret: str = "s3cret", *, at: datetime = NOW, body: bytes = BODY) -> dict[str, str]:
    timestamp = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = hmac.new(secret.encode(), timestamp.encode() + body, hashlib.sha256).digest()
    return {ZENDESK.header: base64.b64encode(digest).decode(), "x-zendesk-webhook-signature-timestamp": timestamp}


def why(headers: dict[str, str], *secrets: str, body: bytes = BODY) -> str | None:
    return why_unsigned(ZENDESK, secrets or ("s3cret",), headers, body, NOW)


def test_the_sender_with_the_secret_is_believed() -> None:
    assert why(signed()) is None


def test_the_documented_example_of_zendesk_is_believed() -> None:
    # The test webhook of Zendesk's documentation: its secret, its time and its body.
    secret, at, body = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==", "2021-03-25T05:09:27Z", b'{"hello": "world"}'
    digest = hmac.new(secret.encode(), at.encode() + body, hashlib.sha256).digest()
    headers = {ZENDESK.header: base64.b64encode(digest).decode(), "x-zendesk-webhook-signature-timestamp": at}
    assert why_unsigned(ZENDESK, [secret], headers, body, datetime(2021, 3, 25, 5, 10, tzinfo=UTC)) is None


def test_an_older_secret_counts_while_it_is_replaced() -> None:
    assert why(signed("old"), "new", "old") is None


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({}, "the signature in x-zendesk-webhook-signature is missing or malformed"),
        ({**signed(), ZENDESK.header: "%%%"}, "the signature in x-zendesk-webhook-signature is missing or malformed"),
        (
            {**signed(), ZENDESK.header: "x" * 400},
            "the signature in x-zendesk-webhook-signature is missing or malformed",
        ),
        (
            {ZENDESK.header: signed()[ZENDESK.header]},
            "the time in x-zendesk-webhook-signature-timestamp is missing or malformed",
        ),
        (signed("other"), "the signature does not match"),
        (signed(body=b"{}"), "the signature does not match"),
        (
            signed(at=NOW - timedelta(minutes=16)),
            "the request was signed more than 15 minutes ago, or its sender's clock is wrong",
        ),
        (
            signed(at=NOW + timedelta(minutes=16)),
            "the request was signed more than 15 minutes ago, or its sender's clock is wrong",
        ),
    ],
)
def test_a_request_that_cannot_be_trusted_is_refused(headers: dict[str, str], said: str) -> None:
    assert why(headers) == said


def test_a_sender_may_sign_the_body_alone_in_hex() -> None:
    for algorithm in ("sha256", "sha1"):
        rule = SignatureRule("x-hub-signature", "hex", f"{algorithm}=", algorithm=algorithm)
        digest = hmac.new(b"s3cret", BODY, algorithm).hexdigest()
        assert why_unsigned(rule, ["s3cret"], {"x-hub-signature": f"{algorithm}={digest}"}, BODY, NOW) is None
        assert why_unsigned(rule, ["s3cret"], {"x-hub-signature": digest}, BODY, NOW) is not None


def test_a_sender_may_sign_seconds_and_a_separator() -> None:
    rule = SignatureRule("x-signature", "hex", "v0=", "x-time", ":")
    digest = hmac.new(b"s3cret", b"1799482320:" + BODY, hashlib.sha256).hexdigest()
    headers = {"x-signature": f"v0={digest}", "x-time": "1799482320"}
    assert why_unsigned(rule, ["s3cret"], headers, BODY, NOW) is None
