"""The variables of the identity provider, and what a wrong one is answered."""

from __future__ import annotations

import pytest

from oncall.errors import SettingsError
from oncall.wiring import read_settings
from oncall.wiring.identity_settings import IdentitySettings

SET = {
    "ONCALL_OIDC_ISSUER": "https://login.example.com/realms/ops",
    "ONCALL_OIDC_CLIENT_ID": "oncall",
    "ONCALL_OIDC_CLIENT_SECRET": "hunter2",
}
ALL = "ONCALL_OIDC_ISSUER, ONCALL_OIDC_CLIENT_ID and ONCALL_OIDC_CLIENT_SECRET"


def test_each_variable_is_read_and_no_secret_is_shown() -> None:
    more = {"ONCALL_OIDC_MANAGER_GROUP": "ops-managers", "ONCALL_OIDC_GROUPS_CLAIM": "roles"}
    found = read_settings({**SET, **more}).identity
    assert found == IdentitySettings(SET["ONCALL_OIDC_ISSUER"], "oncall", "hunter2", "ops-managers", "roles")
    assert "hunter2" not in repr(read_settings({**SET, **more}))
    assert read_settings({}).identity is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ONCALL_OIDC_CLIENT_SECRET": ""}, f"ONCALL_OIDC_CLIENT_SECRET is not set; the identity provider needs {ALL}"),
        ({"ONCALL_OIDC_ISSUER": ""}, f"ONCALL_OIDC_ISSUER is not set; the identity provider needs {ALL}"),
        (
            {"ONCALL_OIDC_CLIENT_SECRET": "hunter2\u2026"},
            "ONCALL_OIDC_CLIENT_SECRET: it holds characters that no provider gives out; copy it again",
        ),
        *(
            (
                {"ONCALL_OIDC_ISSUER": text},
                f"ONCALL_OIDC_ISSUER: {shown} is not the https address of an issuer; "
                'write it like "https://login.example.com/realms/ops"',
            )
            for text, shown in [
                ("http://login.example.com", '"http://login.example.com"'),
                ("login.example.com", '"login.example.com"'),
                ("https://login.example.com/?tenant=1", '"https://login.example.com/?tenant=1"'),
                ("https://ana:hunter2@login.example.com", "the value"),
            ]
        ),
    ],
)
def test_a_wrong_variable_is_named(changes: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({**SET, **changes})
    assert str(caught.value) == message


def test_a_group_without_a_provider_is_refused() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({"ONCALL_OIDC_MANAGER_GROUP": "ops"})
    assert str(caught.value) == (
        "ONCALL_OIDC_MANAGER_GROUP is set without ONCALL_OIDC_ISSUER; set the identity provider, or unset it"
    )
