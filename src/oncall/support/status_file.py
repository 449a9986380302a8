"""The status file beside the policy (`status.yaml`): the status page, its components, and the promised uptime."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from oncall.errors import FileFaults, NotFound
from oncall.file_nodes import AtFault, Faults, Node, Reader, ScalarNode, shown
from oncall.file_values import Fields, line_of_text, list_of, mapping_of, one_of, scalar, true_or_false
from oncall.likely_numbers import share_meant
from oncall.suggestions import nearest
from oncall.support.files_beside import named_file
from oncall.support.value_readers import Once, duration, slug, some_time, time_zone
from oncall.yamlfile import parse_yaml, read_yaml_text

_NOTICE = timedelta(hours=72)
LONGEST_TITLE = 200
"""The most characters in the title of an incident."""
LONGEST_MESSAGE = 5_000
"""The most characters in one message on the status page."""
PRIVATE_CORE = (
    "is ignored: a private component never counts for the uptime of the page; delete `core: true` here, or delete "
    "`customers` to show the component to everyone"
)
_REMIND_AFTER = timedelta(minutes=30)
_REMIND_BEFORE = timedelta(hours=24)
_EXAMPLE_PROBE = "http://127.0.0.1:9115/probe?target=https://example.com&module=http_2xx"
_NO_TEMPLATES: dict[str, IncidentTemplate] = {}


@dataclass(frozen=True, slots=True)
class Group:
    """A group of components that the status page shows together."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Component:
    """A part of the product that the status page shows.

    group: the id of its group. is_core: True if it counts for the uptime of the page; None: the file does not say.
    is_third_party: another company runs it. customers: only these customers may see it; empty: everyone may. monitor:
    the address at which a blackbox exporter probes it.
    """

    id: str
    name: str
    group: str | None = None
    is_core: bool | None = None
    is_third_party: bool = False
    description: str | None = None
    customers: tuple[str, ...] = ()
    monitor: str | None = None

    @property
    def is_public(self) -> bool:
        """Return True if the public page shows the component."""
        return not self.customers

    def is_private_to(self, customer: str) -> bool:
        """Return True if only some customers, including this one, may see the component.

        Letter case makes no difference.
        """
        return customer.casefold() in (name.casefold() for name in self.customers)


@dataclass(frozen=True, slots=True)
class IncidentTemplate:
    """A template for new incidents: the title and the first message, written in advance."""

    title: str
    message: str


@dataclass(frozen=True)
class PageSettings:
    """The `page` key of a status file.

    promise: the promised uptime in percent. partial_weight: how much of a partial outage counts as down, 0 to 1.
    notice: how long before its start a maintenance must be announced to count as agreed. publish_after: after how long
    a proposed incident becomes public without a person; None: never. remind_after: how long an open incident may go
    without an update before its author is reminded. remind_before: how long before its start subscribers are reminded
    of a maintenance; zero: never.
    """

    name: str
    url: str | None
    promise: Fraction
    zone: ZoneInfo
    partial_weight: Fraction
    notice: timedelta
    publish_after: timedelta | None
    remind_after: timedelta
    remind_before: timedelta


@dataclass(frozen=True)
class StatusPage(PageSettings):
    """The content of a status file."""

    groups: tuple[Group, ...]
    components: tuple[Component, ...]
    templates: Mapping[str, IncidentTemplate]

    def template(self, name: str) -> IncidentTemplate:
        """Return the template with this name. Raises NotFound, which suggests the nearest name."""
        if name in self.templates:
            return self.templates[name]
        if not self.templates:
            raise NotFound("the status file has no templates; write them under `templates:`")
        near = nearest(name, list(self.templates))
        advice = f'did you mean "{near}"?' if near else f"the page has {', '.join(self.templates)}"
        raise NotFound(f'there is no template "{name[:40]}" on the status page; {advice}')

    def component(self, component_id: str) -> Component:
        """Return the component with this id. Raises NotFound, which suggests the nearest id."""
        for each in self.components:
            if each.id == component_id:
                return each
        ids = [each.id for each in self.components]
        near = nearest(component_id, ids)
        advice = f'did you mean "{near}"?' if near else f"the page has {', '.join(ids)}"
        raise NotFound(f'there is no component "{component_id[:40]}" on the status page; {advice}')

    @property
    def core(self) -> tuple[str, ...]:
        """Return the ids of the core components, which count for the uptime of the page.

        These are the public components with `core: true`; if none has it, all but third parties'. Private components
        never count, because everyone reads this uptime.
        """
        marked = tuple(each.id for each in self.public if each.is_core)
        own = tuple(each.id for each in self.public if each.is_core is None and not each.is_third_party)
        return marked or own

    @property
    def public(self) -> tuple[Component, ...]:
        """Return the components that everyone may see."""
        return tuple(each for each in self.components if each.is_public)


def status_page_from_text(text: str, source: str, zone: ZoneInfo) -> StatusPage:
    """Read the status page in the text of a status file. Raises FileFaults with every fault.

    source: the file's name in messages. zone: the time zone of the policy, for a page that names none.
    """
    return _read(text, Faults(source), zone)


def _read(text: str, faults: Faults, zone: ZoneInfo) -> StatusPage:
    """Read the status page in a text. Raises FileFaults with every fault. faults: collects faults and warnings."""
    root = parse_yaml(text, faults)
    try:
        page = _page(Fields(root), zone)
    except AtFault:
        raise faults.refusal() from None
    faults.raise_any()
    return page


def status_beside(path: Path, root: Node) -> str:
    """Return the text of the status file that the policy at `path` names; empty if it names none.

    root: the document of the policy, to which the faults and warnings of the file are added.
    """
    beside = named_file(path, root, "status")
    if beside is None:
        return ""
    try:
        text = read_yaml_text(beside)
        # The zone is that of the policy, which may itself be at fault; it has no part in the faults of this file.
        faults = Faults(str(beside))
        _read(text, faults, ZoneInfo("UTC"))
        root.faults.take_warnings(faults)
    except FileFaults as refusal:
        root.faults.take_over(refusal)
        return ""
    return text


@lru_cache(maxsize=64)
def published_page(text: str, zone_name: str) -> StatusPage:
    """Read the status page in a text that was checked when it was published, so that it has no faults."""
    return status_page_from_text(text, "status.yaml", ZoneInfo(zone_name))


def _page(fields: Fields, zone: ZoneInfo) -> StatusPage:
    page = fields.required("page", _settings(zone), example="{name: itopia CAS, promise: 99.9}")
    groups = fields.optional("groups", list_of(_group()), ())
    ids = [group.id for group in groups.value] if groups.is_good else None
    components = fields.required("components", list_of(_component(ids)), example="[{id: portal, name: CAS portal}]")
    templates = fields.optional("templates", mapping_of(_template), _NO_TEMPLATES)
    fields.close()
    found = components.value
    if not found:
        raise components.place.refuse("is empty; write at least one component, like {id: portal, name: CAS portal}")
    return StatusPage(**vars(page.value), groups=groups.value, components=found, templates=templates.value)


def _settings(zone: ZoneInfo) -> Reader[PageSettings]:
    def read(node: Node) -> PageSettings:
        fields = Fields(node)
        name = fields.required("name", line_of_text, example="itopia CAS")
        url = fields.optional("url", _address, None)
        promise = fields.optional("promise", _decimal(0, 100, "99.9"), Fraction(999, 10))
        zone_slot = fields.optional("timezone", time_zone, zone)
        weight = fields.optional("partial_weight", _decimal(0, 1, "0.3"), Fraction(3, 10))
        notice = fields.optional("notice", duration, _NOTICE)
        publish_after = fields.optional("publish_after", duration, None)
        remind_after = fields.optional("remind_after", some_time, _REMIND_AFTER)
        remind_before = fields.optional("remind_before", duration, _REMIND_BEFORE)
        fields.close()
        return PageSettings(
            name.value,
            url.value,
            promise.value,
            zone_slot.value,
            weight.value,
            notice.value,
            publish_after.value,
            remind_after.value,
            remind_before.value,
        )

    return read


def _group() -> Reader[Group]:
    ids = Once("id")

    def read(node: Node) -> Group:
        fields = Fields(node)
        group_id = fields.required("id", ids.read(slug), example="app")
        name = fields.required("name", line_of_text, example="Application")
        fields.close()
        return Group(group_id.value, name.value)

    return read


def _template(name: ScalarNode, node: Node) -> IncidentTemplate:
    slug(name)
    fields = Fields(node)
    title = fields.required("title", _line(LONGEST_TITLE), example="Sign-in is slow")
    message = fields.required("message", _line(LONGEST_MESSAGE), example="We are looking into it.")
    fields.close()
    return IncidentTemplate(title.value, message.value)


def _line(most: int) -> Reader[str]:
    return lambda node: line_of_text(node, most=most)


def _component(groups: Sequence[str] | None) -> Reader[Component]:
    ids = Once("id")
    group_reader = slug if groups is None else one_of(groups, "a group of this file")

    def read(node: Node) -> Component:
        fields = Fields(node)
        component_id = fields.required("id", ids.read(slug), example="portal")
        name = fields.required("name", line_of_text, example="CAS portal")
        group = fields.optional("group", group_reader, None)
        core = fields.optional("core", true_or_false, None)
        third_party = fields.optional("third_party", true_or_false, False)
        description = fields.optional("description", _description, None)
        customers = fields.optional("customers", list_of(line_of_text), ())
        monitor = fields.optional("monitor", _probe_address, None)
        fields.close()
        if core.is_good and core.value and customers.is_good and customers.value:
            # A warning, because files that were published before this check must still be read.
            core.place.warn(PRIVATE_CORE)
        return Component(
            component_id.value,
            name.value,
            group.value,
            core.value,
            third_party.value,
            description.value,
            customers.value,
            monitor.value,
        )

    return read


def _description(node: Node) -> str:
    return line_of_text(node, most=300)


def _address(node: Node) -> str:
    text = line_of_text(node, most=200)
    if not re.fullmatch(r"https?://[A-Za-z0-9.:_-]+(/[A-Za-z0-9._~/-]*)?", text):
        raise node.refuse(f"{shown(text)} is not the address of a page; write one like https://status.example.com")
    return text.rstrip("/")


def _probe_address(node: Node) -> str:
    text = line_of_text(node, most=500)
    if not re.fullmatch(r"https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?/[!#-;=?-Z\[\]_a-z~]*", text):
        raise node.refuse(
            f"{shown(text)} is not the address of a probe without a password; write one like {_EXAMPLE_PROBE}"
        )
    return text


def _decimal(least: int, most: int, example: str) -> Reader[Fraction]:
    def read(node: Node) -> Fraction:
        text = scalar(node).text
        if not re.fullmatch(r"[0-9]{1,3}([.][0-9]{1,6})?", text):
            likely = share_meant(text, whole=most)
            advice = f"write {likely}" if likely is not None else f"write one like {example}"
            raise node.refuse(f"{shown(text)} is not a number from {least} to {most}; {advice}")
        value = Fraction(text)
        if not least <= value <= most:
            raise node.refuse(f"{text} is out of range; write a number from {least} to {most}, like {example}")
        return value

    return read
