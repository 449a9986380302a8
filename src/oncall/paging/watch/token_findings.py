"""Findings of `oncall doctor` about tokens that end soon."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from oncall.paging.watch.doctor_inputs import Facts, Stored
from oncall.paging.watch.finding import Finding, fine, warns

WARN_BEFORE = timedelta(days=14)
"""How long (real time) before its end the doctor reports a token."""
MOST_NAMED = 5


def ending_tokens(facts: Facts, stored: Stored) -> Iterator[Finding]:
    """Yield a warning for each token that ends within two weeks or has ended, or one finding that all is well.

    The token that ends first comes first.
    """
    ends = [(token.expires_at, token) for token in stored.tokens if token.expires_at is not None]
    ending = sorted((at, token.handle) for at, token in ends if at - facts.real_now <= WARN_BEFORE)
    for at, name in ending[:MOST_NAMED]:
        when = f"{at:%Y-%m-%d %H:%M} UTC"
        if at <= facts.real_now:
            words = f"the token {name} expired at {when}, so its requests are refused"
            yield warns(
                "tokens", f"{words}; `oncall token rotate {name} --expires DATE`, or `oncall token revoke {name}`."
            )
        else:
            words = f"the token {name} expires at {when}"
            yield warns("tokens", f"{words}; replace it in time: `oncall token rotate {name} --expires DATE`.")
    if len(ending) > MOST_NAMED:
        yield warns("tokens", f"{len(ending) - MOST_NAMED} more tokens end within two weeks; see `oncall token list`.")
    if not ending:
        yield fine("tokens", f"no token ends within {WARN_BEFORE.days} days.")
