"""Reads a policy from its file or text, or from what a publication stored. The packaged policy is itopia's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from oncall.file_nodes import AtFault, Faults, Node, lines_of
from oncall.support.customers import customers_beside, customers_from_text
from oncall.support.policy import Policy
from oncall.support.policy_reader import PolicyReader
from oncall.support.status_file import status_beside
from oncall.yamlfile import parse_yaml, read_yaml_text

PACKAGED_NAME = "packaged:itopia-cas.policy.yaml"
"""`Policy.source` of the packaged policy. No file can have this path."""


def read_policy(path: Path, text: str | None = None) -> Policy:
    """Read the policy in a file, with the customers file and the status file that it names in its folder.

    text: the content of the file, if the caller has read it. Raises FileFaults with every fault of all files, named as
    the caller named them.
    """
    faults = Faults(str(path))
    text = read_yaml_text(path) if text is None else text
    root = parse_yaml(text, faults)
    policy = _read(root, str(path), text)
    customers, status = customers_beside(path, root), status_beside(path, root)
    faults.raise_any()
    assert policy is not None, "a policy that could not be read has a fault"
    found = replace(policy, customers=customers.people, customers_text=customers.text, status_text=status)
    return replace(found, warnings=faults.warnings)


def policy_from_text(text: str, source: str, zone: ZoneInfo | None = None) -> Policy:
    """Read the policy in a text, without customers. Raises FileFaults with every fault.

    source: the file's name in messages. zone: replaces the time zone of the policy; None keeps it.
    """
    faults = Faults(source)
    policy = _read(parse_yaml(text, faults), source, text)
    faults.raise_any()
    assert policy is not None, "a policy that could not be read has a fault"
    return replace(policy, zone=zone or policy.zone, warnings=faults.warnings)


@lru_cache(maxsize=16)
def published_policy(text: str, source: str, zone: ZoneInfo) -> Policy:
    """Read a policy that was checked when it was published. Ignores faults under rules that were added later.

    Raises FileFaults only if no policy can be read from the text, because the pager must continue after an upgrade.
    """
    faults = Faults(source)
    policy = _read(parse_yaml(text, faults), source, text)
    if policy is None:
        raise faults.refusal()
    return replace(policy, zone=zone)


def policy_from_sources(sources: Mapping[str, str]) -> Policy:
    """Read the policy of a publication from the texts that the publication stored (`NewVersion.sources`)."""
    policy = published_policy(sources["policy"], sources["policy_source"], ZoneInfo(sources["policy_zone"]))
    policy = replace(policy, status_text=sources.get("status", ""))
    customers = sources.get("customers")
    return policy if customers is None else with_customers(policy, customers, policy.customers_file or "customers")


def with_customers(policy: Policy, text: str, source: str) -> Policy:
    """Return the policy with the customers in the text of a customers file.

    Raises FileFaults with every fault of the text.
    source: the file's name in messages.
    """
    return replace(policy, customers=customers_from_text(text, source, list(policy.plans)), customers_text=text)


def packaged_policy(zone: ZoneInfo | None = None) -> Policy:
    """Return the itopia CAS policy that comes with this program, in the time zone of New York or in `zone`."""
    policy = _packaged()
    return policy if zone is None else replace(policy, zone=zone)


def packaged_policy_text() -> str:
    """Return the text of the packaged policy file, which is also the example of the format."""
    from importlib.resources import files

    return files("oncall.support").joinpath("itopia-cas.policy.yaml").read_text(encoding="utf-8")


@cache
def _packaged() -> Policy:
    return policy_from_text(packaged_policy_text(), PACKAGED_NAME)


def _read(root: Node, source: str, text: str) -> Policy | None:
    """Return the policy with its text and lines, even if it has faults; None if no policy can be built."""
    try:
        return replace(PolicyReader(root, source).read(), lines=lines_of(root), text=text)
    except AtFault:
        return None
