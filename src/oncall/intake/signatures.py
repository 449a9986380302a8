"""Checks the signatures of senders that sign a body with a secret that both sides know."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from oncall.intake.mapping import SignatureRule
from oncall.paging.actions.field_faults import instant

REPLAY_WINDOW = timedelta(minutes=15)
"""How far the time that a sender signs may be from ours. Requests are remembered for as long, to refuse repeats."""

ZENDESK = SignatureRule(
    header="x-zendesk-webhook-signature",
    encoding="base64",
    timestamp="x-zendesk-webhook-signature-timestamp",
)


def why_unsigned(
    rule: SignatureRule, secrets: Sequence[str], headers: Mapping[str, str], body: bytes, real_now: datetime
) -> str | None:
    """Return why a request cannot be trusted; None if one of the secrets signs exactly this body.

    secrets: the present secret, and during a rotation an older one, too. headers: by name in small letters. body: the
    raw bytes as received. real_now: aware UTC.
    """
    given = _given(rule, headers.get(rule.header, ""))
    if given is None:
        return f"the signature in {rule.header} is missing or malformed"
    signed = body
    if rule.timestamp is not None:
        timestamp = headers.get(rule.timestamp, "")
        at = _instant(timestamp)
        if at is None:
            return f"the time in {rule.timestamp} is missing or malformed"
        signed = timestamp.encode("utf-8", "surrogateescape") + rule.between.encode() + body
    digest = hashlib.sha1 if rule.algorithm == "sha1" else hashlib.sha256
    # Every secret is tried, so that the time of the answer does not say which one fits.
    fits = [hmac.compare_digest(hmac.new(secret.encode(), signed, digest).digest(), given) for secret in secrets]
    if not any(fits):
        return "the signature does not match"
    if rule.timestamp is not None and at is not None and abs(real_now - at) > REPLAY_WINDOW:
        return "the request was signed more than 15 minutes ago, or its sender's clock is wrong"
    return None


def _given(rule: SignatureRule, header: str) -> bytes | None:
    text = header.removeprefix(rule.prefix).strip()
    if not header.startswith(rule.prefix) or not 0 < len(text) <= 300:
        return None
    try:
        return base64.b64decode(text, validate=True) if rule.encoding == "base64" else bytes.fromhex(text)
    except (binascii.Error, ValueError):
        return None


def _instant(text: str) -> datetime | None:
    if text.isascii() and text.isdigit() and len(text) <= 11:
        return datetime.fromtimestamp(int(text), UTC)
    return instant(text)
