"""Findings of `oncall doctor` about sign-in through the identity provider. None of them stops a page."""

from __future__ import annotations

from collections.abc import Iterator

from oncall.paging.watch.doctor_inputs import Facts, Stored
from oncall.paging.watch.finding import Finding, fine, warns


def sign_in_findings(facts: Facts, stored: Stored) -> Iterator[Finding]:
    """Yield a warning for each reason why people cannot sign in, or one finding that all is well.

    Yields nothing if there is no identity provider.
    """
    if facts.sign_in is None:
        return
    if facts.sign_in.trouble is not None:
        yield warns("sign-in", f"{facts.sign_in.trouble}; until then, sign in with `oncall login-link`.")
    if facts.public_url is None:
        yield warns(
            "sign-in", "ONCALL_PUBLIC_URL is not set, so the identity provider cannot lead anyone back; set it."
        )
    latest = stored.schedule.latest
    people = [*latest.people.values(), *([latest.manager] if latest.manager else [])] if latest is not None else []
    without = sorted({person.id for person in people if not person.email})
    if without:
        words = f"the roster has no email for {', '.join(without)}, so the identity provider cannot sign them in"
        yield warns("sign-in", f"{words}; add it and publish.")
    if facts.sign_in.trouble is None and facts.public_url is not None and not without:
        yield fine("sign-in", "the identity provider answers, and everyone on the roster has an email.")
