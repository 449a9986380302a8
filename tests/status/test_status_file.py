"""The status file: what it may say, and each fault with its place and remedy."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from oncall.errors import FileFaults
from oncall.support.policy_file import packaged_policy_text, read_policy
from oncall.support.status_file import status_page_from_text

UTC = ZoneInfo("UTC")
GOOD = """page: {name: itopia CAS}
components:
  - {id: portal, name: CAS portal}
"""


def refusal(text: str) -> str:
    with pytest.raises(FileFaults) as fault:
        status_page_from_text(text, "status.yaml", UTC)
    return str(fault.value)


def test_what_a_file_does_not_say_has_a_default() -> None:
    page = status_page_from_text(GOOD, "status.yaml", UTC)
    assert (page.promise, page.partial_weight, page.zone) == (Fraction("99.9"), Fraction("0.3"), UTC)
    assert (page.notice.total_seconds() / 3600, page.core) == (72, ("portal",))


def test_third_parties_are_not_core_unless_the_file_says_so() -> None:
    dns = "  - {id: dns, name: DNS, third_party: true}\n"
    assert status_page_from_text(GOOD + dns, "s", UTC).core == ("portal",)
    core = dns.replace("true}", "true, core: true}")
    assert status_page_from_text(GOOD + core, "s", UTC).core == ("dns",)


def test_a_private_component_marked_core_gets_a_warning_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "my.policy.yaml").write_text(packaged_policy_text() + "status: status.yaml\n")
    status = tmp_path / "status.yaml"
    status.write_text(GOOD + "  - {id: vpn, name: VPN, customers: [Acme Ltd], core: true}\n")
    warnings = [str(each) for each in read_policy(tmp_path / "my.policy.yaml").warnings]
    assert warnings == [
        f"{status}:4:55: components[1].core: is ignored: a private component never counts for the uptime of the page; "
        "delete `core: true` here, or delete `customers` to show the component to everyone"
    ]
    status.write_text(GOOD + "  - {id: vpn, name: VPN, customers: [Acme Ltd], core: false}\n")
    assert read_policy(tmp_path / "my.policy.yaml").warnings == ()


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("{name: itopia CAS}", "{name: x, promise: 101}", "promise: 101 is out of range; write a number from 0 to 100"),
        ("{name: itopia CAS}", "{name: x, partial_weight: 30%}", 'partial_weight: "30%" is not a number from 0 to 1'),
        ("{name: itopia CAS}", "{name: x, url: status}", 'page.url: "status" is not the address of a page'),
        ("{name: itopia CAS}", "{name: x, timezone: EST}", "page.timezone"),
        (
            "{name: itopia CAS}",
            "{name: x, notice: 3}",
            'notice: "3" is not a length of time; write 3m',
        ),
        ("{name: itopia CAS}", "{}", "page.name: is missing; write name: itopia CAS"),
        ("name: CAS portal}", "name: CAS portal, group: app}", 'group: "app" is not a group of this file'),
        ("id: portal", "id: Portal", 'components[0].id: "Portal" is not a name of 1 to 40 small letters'),
        ("name: CAS portal}", "name: CAS portal, kore: true}", "components[0].kore: is not a known key; did you mean"),
        ("  - {id: portal, name: CAS portal}\n", "  []\n", "is empty; write at least one component"),
        (
            "  - {id: portal, name: CAS portal}\n",
            "  - {id: a, name: A}\n  - {id: a, name: B}\n",
            "components[1].id: is already the id of components[0] on line 3",
        ),
        (
            "components:",
            "templates: {a: {title: A}}\ncomponents:",
            "templates.a.message: is missing; write message: We",
        ),
        ("components:", "templates: {A b: {title: A}}\ncomponents:", '"A b" is not a name of 1 to 40 small letters'),
        (
            "name: CAS portal}",
            "name: P, monitor: 127.0.0.1:9115}",
            'components[0].monitor: "127.0.0.1:9115" is not the address of a probe without a password; write one like '
            "http://127.0.0.1:9115/probe?target=https://example.com&module=http_2xx",
        ),
        ("name: CAS portal}", "name: P, monitor: 'http://a:b@x/probe'}", "is not the address of a probe without a"),
        (
            "{name: itopia CAS}",
            "{name: x, publish_after: 10}",
            'publish_after: "10" is not a length of time; write 10m',
        ),
        ("{name: itopia CAS}", "{name: x, remind_after: 0m}", 'remind_after: "0m" is no time at all'),
        ("components:", "templates: [a]\ncomponents:", "templates: "),
    ],
)
def test_each_fault_has_its_place_and_remedy(old: str, new: str, fault: str) -> None:
    assert old in GOOD
    assert fault in refusal(GOOD.replace(old, new))


def test_faults_of_the_status_file_are_told_with_those_of_the_policy(tmp_path: Path) -> None:
    policy = tmp_path / "my.policy.yaml"
    policy.write_text(packaged_policy_text() + "status: status.yaml\n")
    with pytest.raises(FileFaults, match=r'there is no file "status\.yaml" beside this one'):
        read_policy(policy)
    (tmp_path / "status.yaml").write_text(GOOD.replace("id: portal", "id: Portal"))
    with pytest.raises(FileFaults, match=r"status\.yaml:3:"):
        read_policy(policy)
    (tmp_path / "status.yaml").write_text(GOOD)
    assert read_policy(policy).status_text == GOOD
