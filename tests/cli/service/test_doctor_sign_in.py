"""`oncall doctor` asks the identity provider when one is set; no finding about it stops a page."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from doubles.oidc_provider import CLIENT_ID, CLIENT_SECRET, DISCOVERY, Canned, Lies, OidcProviderDouble
from tests.cli.conftest import Oncall


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch) -> Iterator[OidcProviderDouble]:
    with OidcProviderDouble() as running:
        for name, value in (("ISSUER", running.issuer), ("CLIENT_ID", CLIENT_ID), ("CLIENT_SECRET", CLIENT_SECRET)):
            monkeypatch.setenv(f"ONCALL_OIDC_{name}", value)
        monkeypatch.setenv("ONCALL_PUBLIC_URL", "https://oncall.example.com")
        yield running


def said(oncall: Oncall) -> list[tuple[str, str]]:
    """Return the severity and the words of each finding about the sign-in."""
    listed = json.loads(oncall("doctor", "--json").out)["findings"]
    return [(each["severity"], each["sentence"]) for each in listed if each["subject"] == "sign-in"]


def test_the_doctor_names_a_provider_that_cannot_sign_anyone_in(published: Oncall, double: OidcProviderDouble) -> None:
    without = (
        "warns",
        "the roster has no email for ana, ben, chloe, mei, so the identity provider cannot sign them in; "
        "add it and publish.",
    )
    assert said(published) == [without]
    for lies, why in [
        (
            Lies(canned={DISCOVERY: Canned(503)}),
            "the identity provider failed: HTTP 503 for the discovery document",
        ),
        (
            Lies(discovery={"issuer": "https://evil.example"}),
            "the identity provider names another issuer than ONCALL_OIDC_ISSUER; an operator must correct one of them",
        ),
    ]:
        double.lies = lies
        assert said(published) == [("warns", f"{why}; until then, sign in with `oncall login-link`."), without]


def test_without_a_provider_the_doctor_says_nothing_of_it(published: Oncall) -> None:
    assert said(published) == []
