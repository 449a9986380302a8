"""An identity provider that is away, slow or lies signs nobody in, and each fault has its sentence."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from doubles.loopback import bound
from doubles.oidc_provider import (
    AUTHORIZE,
    CLIENT_ID,
    CLIENT_SECRET,
    DISCOVERY,
    KEYS,
    TOKEN,
    USERINFO,
    Canned,
    Lies,
    OidcProviderDouble,
)
from oncall.errors import IdentityAway, IdentityError
from oncall.identity import openid_provider
from oncall.identity.bounded_http import BoundedHttp
from oncall.identity.openid_provider import OpenIdProvider, ProviderSettings
from oncall.paging.actions.provider_sign_in import new_secrets
from oncall.paging.ports.identity_provider import Identity

BACK = "https://oncall.example.com/login/provider/back"
REFUSED = "the identity provider's ID token was refused"
NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def running() -> Iterator[OidcProviderDouble]:
    with OidcProviderDouble() as found:
        yield found


@pytest.fixture
def double(running: OidcProviderDouble) -> OidcProviderDouble:
    running.becomes("ana@example.com")
    return running


def settings(issuer: str, **changes: Any) -> ProviderSettings:
    return ProviderSettings(issuer, CLIENT_ID, CLIENT_SECRET, BACK, "https://oncall.example.com/login", **changes)


def sign_in(
    double: OidcProviderDouble,
    *,
    issuer: str | None = None,
    nonce: str | None = None,
    patience: float = 60.0,
    **more: Any,
) -> Identity:
    """Sign in as a browser does. nonce: expect this one instead. patience: seconds for a request. more: settings."""

    async def ask() -> Identity:
        http = BoundedHttp(deadline_seconds=patience)
        provider = OpenIdProvider(settings(double.issuer, **more), http, whole_seconds=3 * patience)
        try:
            made = new_secrets()
            address = await provider.address(made)
            sent_back = dict(parse_qsl(urlsplit(_visit(address)).query))
            assert sent_back["state"] == made.state
            return await provider.identity(
                sent_back["code"],
                issuer or sent_back["iss"],
                nonce=nonce or made.nonce,
                verifier=made.verifier,
                real_now=datetime.now(UTC),
            )
        finally:
            await provider.close()

    return asyncio.run(ask())


def _visit(address: str) -> str:
    return httpx.get(address, follow_redirects=False).headers["location"]


def refused(double: OidcProviderDouble, kind: type[IdentityError] = IdentityError, **more: Any) -> str:
    with pytest.raises(IdentityError) as caught:
        sign_in(double, **more)
    assert type(caught.value) is kind
    assert CLIENT_SECRET not in str(caught.value)
    return str(caught.value)


def test_a_person_is_proven_by_code_nonce_and_pkce(double: OidcProviderDouble) -> None:
    found = sign_in(double)
    assert (found.email, found.is_verified, found.is_manager) == ("ana@example.com", True, False)
    assert found.id_token not in repr(found)


@pytest.mark.parametrize(
    ("group", "claims", "is_manager"),
    [
        ("ops-managers", {"groups": ["staff", "ops-managers"]}, True),
        ("ops-managers", {"groups": "ops-managers"}, True),
        ("ops-managers", {"groups": ["Ops-Managers", {"name": "ops-managers"}]}, False),
        ("ops-managers", {}, False),
        (None, {"groups": [None, "staff"]}, False),
    ],
)
def test_the_managers_group_is_matched_exactly(
    double: OidcProviderDouble, group: str | None, claims: dict[str, Any], is_manager: bool
) -> None:
    double.person |= claims
    assert sign_in(double, manager_group=group).is_manager is is_manager


def test_the_group_may_stand_in_another_claim(double: OidcProviderDouble) -> None:
    double.person |= {"roles": ["OncallManager"]}
    assert sign_in(double, manager_group="OncallManager", groups_claim="roles").is_manager


@pytest.mark.parametrize(
    ("claims", "is_verified"),
    [
        ({"email_verified": "true"}, True),
        ({"email_verified": None, "xms_edov": True}, True),
        ({"email_verified": None, "xms_edov": "1"}, True),
        ({"email_verified": False, "xms_edov": True}, False),
        ({"email_verified": None}, False),
        ({"email_verified": "yes"}, False),
        ({"email_verified": ["true"]}, False),
        ({"email_verified": 1.0}, False),
    ],
)
def test_an_address_counts_as_verified_only_where_the_provider_says_so(
    double: OidcProviderDouble, claims: dict[str, Any], is_verified: bool
) -> None:
    double.lies = Lies(claims=claims)
    assert sign_in(double).is_verified is is_verified


def test_the_userinfo_endpoint_is_asked_where_the_id_token_names_no_address(double: OidcProviderDouble) -> None:
    double.person |= {"groups": ["ops"]}
    double.is_brief = True
    found = sign_in(double, manager_group="ops")
    assert (found.email, found.is_verified, found.is_manager) == ("ana@example.com", True, True)
    double.lies = Lies(userinfo={"sub": "another"})
    assert refused(double) == "the identity provider's answers are about two people, so nobody was signed in"


def test_a_secret_goes_in_the_body_for_a_provider_that_takes_it_nowhere_else(double: OidcProviderDouble) -> None:
    double.lies = Lies(discovery={"token_endpoint_auth_methods_supported": ["client_secret_post"]})
    assert sign_in(double).email == "ana@example.com"


def test_a_key_that_the_provider_has_replaced_is_followed_at_once(double: OidcProviderDouble) -> None:
    assert sign_in(double).is_verified
    double.rotate_keys()
    assert sign_in(double).is_verified


def test_a_key_that_cannot_be_used_spoils_no_other(double: OidcProviderDouble) -> None:
    good = json.loads(double.answer(KEYS, {}, {}, {}).body)["keys"][0]
    good |= {"x5c": ["no certificate"], "cloud_instance_name": "example", "issuer": 7}
    others = [
        {"kty": "OKP", "crv": "Ed25519", "x": "AAAA"},
        {"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "too-short"},
        {**good, "use": "enc", "kid": "for-encryption"},
        "no key",
    ]
    double.lies = Lies(canned={KEYS: Canned(body=json.dumps({"keys": [*others, good]}).encode())})
    assert sign_in(double).is_verified


@pytest.mark.parametrize(
    ("lies", "sentence"),
    [
        (Lies(claims={"iss": "https://evil.example"}), f"{REFUSED}: it comes from another issuer"),
        (Lies(claims={"aud": "another-app"}), f"{REFUSED}: it is for another application"),
        (Lies(claims={"aud": ["oncall", "b"], "azp": "b"}), f"{REFUSED}: it is for another application"),
        (Lies(claims={"nonce": "an-old-one"}), f"{REFUSED}: it belongs to another sign-in"),
        (Lies(claims={"nonce": None}), f"{REFUSED}: it belongs to another sign-in"),
        (
            Lies(claims={"exp": int((NOW - timedelta(minutes=5)).timestamp())}),
            f"{REFUSED}: it has expired; check the clocks",
        ),
        (Lies(claims={"exp": None}), f"{REFUSED}: a claim is wrong or missing"),
        (Lies(claims={"exp": "soon"}), f"{REFUSED}: a claim is wrong or missing"),
        (
            Lies(claims={"iat": int((NOW + timedelta(hours=1)).timestamp())}),
            f"{REFUSED}: it was made in the future; check the clocks",
        ),
        (Lies(claims={"at_hash": "AAAA"}), f"{REFUSED}: it belongs to another access token"),
        *(
            (lies, f"{REFUSED}: none of the provider's keys has signed it with an algorithm we trust")
            for lies in (
                Lies(algorithm="none"),
                Lies(algorithm="HS256"),
                Lies(algorithm="none", discovery={"id_token_signing_alg_values_supported": ["none", "RS256"]}),
                Lies(algorithm="HS256", discovery={"id_token_signing_alg_values_supported": ["HS256", "RS256"]}),
                Lies(has_unknown_key=True),
                Lies(canned={KEYS: Canned(body=b'{"keys": [{"kty": "RSA", "n": 1}]}')}),
                Lies(canned={KEYS: Canned(body=b'{"keys": []}')}),
                Lies(canned={KEYS: Canned(body=b"{}")}),
            )
        ),
        (
            Lies(canned={TOKEN: Canned(body=b'{"access_token": "x"}')}),
            "the identity provider's answer has no ID token that can be read",
        ),
        (
            Lies(canned={TOKEN: Canned(400, b'{"error": "invalid_grant"}')}),
            "the identity provider refused: HTTP 400 for the sign-in's code",
        ),
        (
            Lies(discovery={"issuer": "https://evil.example"}),
            "the identity provider names another issuer than ONCALL_OIDC_ISSUER; an operator must correct one of them",
        ),
        (
            Lies(discovery={"id_token_signing_alg_values_supported": ["none", "HS256"]}),
            "the identity provider signs with no algorithm that can be trusted; RS256 is one",
        ),
        (
            Lies(discovery={"token_endpoint": "http://evil.example/token"}),
            "the identity provider's token_endpoint is no https address",
        ),
        (
            Lies(discovery={"authorization_endpoint": "javascript:alert(1)"}),
            "the identity provider's authorization_endpoint is no https address",
        ),
        (Lies(discovery={"jwks_uri": None}), "the identity provider's discovery document has no jwks_uri"),
        (
            Lies(canned={DISCOVERY: Canned(body=b"[]")}),
            "the identity provider's answer cannot be read: the discovery document is no JSON object",
        ),
        (
            Lies(canned={DISCOVERY: Canned(body=b"[" * 100_000)}),
            "the identity provider's answer cannot be read: the discovery document is no JSON object",
        ),
    ],
)
def test_a_lie_signs_nobody_in(double: OidcProviderDouble, lies: Lies, sentence: str) -> None:
    double.lies = lies
    assert refused(double) == sentence


@pytest.mark.parametrize(
    ("path", "what"),
    [(DISCOVERY, "the discovery document"), (TOKEN, "the sign-in's code"), (KEYS, "its keys")],
)
def test_a_huge_answer_is_not_read_to_its_end(double: OidcProviderDouble, path: str, what: str) -> None:
    double.lies = Lies(canned={path: Canned(body=b" " * 2_000_000)})
    assert refused(double) == f"the identity provider's answer is too long: {what} has over 256 KB"


@pytest.mark.parametrize(
    ("path", "what"),
    [(DISCOVERY, "the discovery document"), (TOKEN, "the sign-in's code"), (KEYS, "its keys")],
)
def test_a_redirect_is_not_followed(double: OidcProviderDouble, path: str, what: str) -> None:
    double.lies = Lies(canned={path: Canned(307, headers={"Location": double.issuer + USERINFO})})
    double.paths.clear()
    assert refused(double) == f"the identity provider answers with a redirect for {what}"
    assert USERINFO not in double.paths


@pytest.mark.parametrize("path", [DISCOVERY, TOKEN, KEYS])
def test_a_provider_that_is_slow_is_waited_for_a_bounded_time(double: OidcProviderDouble, path: str) -> None:
    double.lies = Lies(silent={path})
    assert refused(double, IdentityAway, patience=0.3) == "the identity provider did not answer within 0.3 s"


@pytest.mark.parametrize("status", [500, 503])
def test_a_provider_that_fails_counts_as_away(double: OidcProviderDouble, status: int) -> None:
    double.lies = Lies(canned={TOKEN: Canned(status)})
    assert refused(double, IdentityAway) == f"the identity provider failed: HTTP {status} for the sign-in's code"


def test_a_provider_that_is_away_is_said_to_be() -> None:
    async def ask(port: int) -> None:
        provider = OpenIdProvider(settings(f"http://127.0.0.1:{port}"))
        with pytest.raises(IdentityAway, match=r"^the identity provider cannot be reached$"):
            await provider.address(new_secrets())
        await provider.close()

    with bound() as reserved:
        asyncio.run(ask(reserved.getsockname()[1]))


def test_an_answer_that_names_another_issuer_is_refused(double: OidcProviderDouble) -> None:
    sentence = "the answer comes from another identity provider, so nobody was signed in"
    assert refused(double, issuer="https://evil.example") == sentence


def test_an_answer_to_another_nonce_is_refused(double: OidcProviderDouble) -> None:
    assert refused(double, nonce="of-another-sign-in") == f"{REFUSED}: it belongs to another sign-in"


def test_a_slow_provider_holds_only_a_few_sign_ins(double: OidcProviderDouble) -> None:
    double.lies = Lies(silent={DISCOVERY})

    async def ask() -> list[str]:
        provider = OpenIdProvider(settings(double.issuer), BoundedHttp(deadline_seconds=0.3))
        asked = [provider.address(new_secrets()) for _ in range(openid_provider.MOST_AT_ONCE + 2)]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        await provider.close()
        return [str(each) for each in answers]

    answers = asyncio.run(ask())
    assert answers.count("too many people sign in at the same time; wait a moment") == 2
    assert answers.count("the identity provider did not answer within 0.3 s") == openid_provider.MOST_AT_ONCE


def test_the_discovery_document_is_kept_for_ten_minutes(double: OidcProviderDouble) -> None:
    clock = [0.0]

    async def ask() -> list[int]:
        provider = OpenIdProvider(settings(double.issuer), monotonic=lambda: clock[0])
        double.paths.clear()
        counts = []
        for seconds in (0.0, 599.0, 600.0):
            clock[0] = seconds
            address = await provider.address(new_secrets())
            assert address.startswith(double.issuer + AUTHORIZE)
            counts.append(double.paths.count(DISCOVERY))
        await provider.close()
        return counts

    assert asyncio.run(ask()) == [1, 1, 2]
