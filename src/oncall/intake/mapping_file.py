"""Reads the YAML of a mapping into a WebhookMapping, or reports every fault with file, line and column."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from oncall.errors import NotFound
from oncall.file_nodes import AtFault, Faults, MapNode, Node, ScalarNode, shown
from oncall.file_values import Fields, Slot, line_of_text, list_of, mapping_of, one_of, paragraph, scalar, true_or_false
from oncall.intake.expressions import Expression, ExpressionFault
from oncall.intake.mapping import Authentication, EventRule, FieldRule, SignatureRule, WebhookMapping
from oncall.paging.actions.ticket_action import FROM_PEOPLE
from oncall.suggestions import suggestion
from oncall.yamlfile import parse_yaml, read_yaml_text

TICKET_KEYS = (
    *("id", "customer", "customer_id", "organization", "domain", "email", "tags"),
    *("plan", "impact", "subject", "url", "opened_at", "updated_at", "contact"),
)
EVENT_KEYS = ("by", "at", "id", "why", "impact", "into", "needs_reply")
PACKAGED = "oncall.intake"
_NO_LABELS: dict[str, FieldRule] = {}
_NO_WORDS: dict[str, str] = {}
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,60}")


@cache
def packaged_mappings() -> Mapping[str, str]:
    """Return the text of each mapping that comes with the program, by name."""
    from importlib.resources import files

    folder = files(PACKAGED).joinpath("mappings")
    found = [each for each in folder.iterdir() if each.name.endswith(".yaml")]
    return {
        each.name.removesuffix(".yaml"): each.read_text("utf-8") for each in sorted(found, key=lambda one: one.name)
    }


def load_mapping(name: str, folder: Path | None) -> WebhookMapping:
    """Return the mapping with this name: the file `NAME.yaml` in the folder, or else the packaged one.

    Raises NotFound for an unknown name, and FileFaults with every fault of the file.
    """
    packaged = packaged_mappings()
    own = sorted(path.stem for path in folder.glob("*.yaml")) if folder is not None else []
    if _NAME.fullmatch(name):
        if folder is not None and name in own:
            return read_mapping(folder / f"{name}.yaml")
        if name in packaged:
            return _packaged_mapping(name)
    where = f"in {folder} or " if folder is not None else ""
    known = sorted({*own, *packaged})
    raise NotFound(f"no mapping {where}of this product has the name {shown(name)}; {suggestion(name, known)}")


@cache
def _packaged_mapping(name: str) -> WebhookMapping:
    return mapping_from_text(packaged_mappings()[name], f"packaged:{name}.yaml", name)


def all_mappings(folder: Path | None) -> dict[str, WebhookMapping]:
    """Return every mapping by name. A mapping in the folder replaces the packaged one of the same name.

    Raises FileFaults with every fault of the first file that has faults.
    """
    own = [path.stem for path in sorted(folder.glob("*.yaml"))] if folder is not None else []
    return {name: load_mapping(name, folder) for name in dict.fromkeys([*packaged_mappings(), *own])}


def read_mapping(path: Path) -> WebhookMapping:
    """Read the mapping in a file. Its name is the name of the file. Raises FileFaults with every fault."""
    return mapping_from_text(read_yaml_text(path), str(path), path.name.removesuffix(".yaml"))


def mapping_from_text(text: str, source: str, name: str) -> WebhookMapping:
    """Read the mapping in a YAML text. source: the file's name in messages. Raises FileFaults with every fault."""
    faults = Faults(source)
    found: WebhookMapping | None = None
    try:
        found = _mapping(parse_yaml(text, faults), name)
    except AtFault:
        raise faults.refusal() from None
    faults.raise_any()
    return found


def _mapping(root: Node, name: str) -> WebhookMapping:
    fields = Fields(root)
    about = fields.optional("about", paragraph, "")
    authentication = fields.optional("authentication", _authentication, Authentication())
    ignore = fields.optional("ignore", _expression, None)
    each = fields.optional("each", _expression, None)
    opens = fields.optional("opens", _expression, None)
    labels = fields.optional("labels", mapping_of(lambda _, value: _field(value)), _NO_LABELS)
    ticket = fields.required("ticket", _ticket, example="{id: ticket.id, subject: ticket.subject, impact: ...}")
    events = fields.optional("events", list_of(_event), ())
    fields.close()
    if not _NAME.fullmatch(name):
        root.note(f"{shown(name)} is not the name of a mapping; name the file with small letters, digits and dashes")
    return WebhookMapping(
        name=name,
        ticket=ticket.value,
        events=events.value,
        labels=labels.value,
        about=about.value,
        ignore=ignore.value,
        opens=opens.value,
        each=each.value,
        authentication=authentication.value,
    )


def _ticket(node: Node) -> dict[str, FieldRule]:
    fields = Fields(node)
    needed = {"id": "ticket.id", "impact": "{from: ticket.priority, words: {high: high}, otherwise: normal}"}
    found: dict[str, Slot[FieldRule | None]] = {
        key: fields.required(key, _field, example=needed[key]) if key in needed else fields.optional(key, _field, None)
        for key in TICKET_KEYS
    }
    fields.close()
    return {key: slot.value for key, slot in found.items() if slot.value is not None}


def _event(node: Node) -> EventRule:
    fields = Fields(node)
    when = fields.required("when", _expression, example="status == 'Resolved'")
    kind = fields.required("kind", one_of(list(FROM_PEOPLE), "a kind of event"), example="resolved")
    found = {key: fields.optional(key, _field, None) for key in EVENT_KEYS}
    fields.close()
    values = {key: slot.value for key, slot in found.items() if slot.value is not None}
    return EventRule(when.value, {"kind": FieldRule(text=kind.value), **values})


def _field(node: Node) -> FieldRule:
    """Read a rule for a field.

    It is `ticket.id`, `{from: ticket.priority, words: {High: high}, otherwise: normal}`, or `{text: standard}`.
    """
    if not isinstance(node, MapNode):
        return FieldRule(_expression(node))
    fields = Fields(node)
    if "text" in node.entries:
        text = fields.required("text", line_of_text, example="standard")
        fields.close()
        return FieldRule(text=text.value)
    expression = fields.required("from", _expression, example="ticket.priority")
    words = fields.optional("words", _words, _NO_WORDS)
    otherwise = fields.optional("otherwise", line_of_text, None)
    prefix = fields.optional("prefix", line_of_text, "")
    html = fields.optional("html", true_or_false, False)
    fields.close()
    return FieldRule(expression.value, None, words.value, otherwise.value, prefix.value, html.value)


def _words(node: Node) -> dict[str, str]:
    def read(key: ScalarNode, value: Node) -> tuple[str, str]:
        return key.text.strip().casefold(), line_of_text(value)

    return dict(mapping_of(read)(node).values())


def _expression(node: Node) -> Expression:
    value = scalar(node)
    try:
        return Expression(value.text)
    except ExpressionFault as fault:
        # The column is exact for a value on one line, which every expression should be.
        column = value.column + fault.at + (1 if value.is_quoted else 0)
        node.faults.note(value.line, column, value.path, f"{shown(value.text)} {fault}")
        raise AtFault from fault


def _authentication(node: Node) -> Authentication:
    """Read `bearer`, `{header: X-Token}` or `{signature: {header: X-Signature, encoding: hex}}`."""
    if not isinstance(node, MapNode):
        one_of(["bearer"], "a way to authenticate without further keys")(node)
        return Authentication()
    fields = Fields(node)
    header = fields.optional("header", _header, None)
    signature = fields.optional("signature", _signature, None)
    fields.close()
    if header.is_given == signature.is_given:
        raise node.refuse("needs either header or signature; without both, leave authentication out")
    return Authentication(header.value, signature.value)


def _signature(node: Node) -> SignatureRule:
    fields = Fields(node)
    header = fields.required("header", _header, example="X-Hub-Signature-256")
    encoding = fields.optional("encoding", one_of(["hex", "base64"], "an encoding"), "hex")
    prefix = fields.optional("prefix", line_of_text, "")
    timestamp = fields.optional("timestamp", _header, None)
    between = fields.optional("between", line_of_text, "")
    algorithm = fields.optional("algorithm", one_of(["sha256", "sha1"], "a digest"), "sha256")
    fields.close()
    if between.is_given and not timestamp.is_given:
        between.place.note('stands between the timestamp and the body, and there is no "timestamp"')
    return SignatureRule(header.value, encoding.value, prefix.value, timestamp.value, between.value, algorithm.value)


def _header(node: Node) -> str:
    text = line_of_text(node)
    if not _HEADER.fullmatch(text):
        raise node.refuse(f"{shown(text)} is not the name of a header; write one like X-Webhook-Token")
    return text.lower()
