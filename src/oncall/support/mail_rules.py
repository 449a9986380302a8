"""The `mail` key of a policy file: which addresses open tickets, and with which impact."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from oncall.file_nodes import MapNode, Node, Reader, ScalarNode, descend, shown
from oncall.file_values import Fields, line_of_text, list_of, mapping_of, one_of

_RECIPIENT = re.compile(r"[a-z0-9._+-]{1,64}@([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)?")
LONGEST_WORD = 40
_NO_WORDS: dict[str, tuple[str, str]] = {}


@dataclass(frozen=True, slots=True)
class MailRules:
    """How mails become tickets.

    recipients: addresses in small letters; one that ends with @ is valid for every domain. impact: for a new mail;
    None: the impact of an alert without a known severity. words: the impact by the word (in small letters) with which a
    subject begins.
    """

    recipients: tuple[str, ...] = ("support@",)
    impact: str | None = None
    words: Mapping[str, str] = field(default_factory=dict)

    @property
    def help_address(self) -> str | None:
        """Return the first address with a domain, which web pages show to customers; None if no address has one."""
        return next((address for address in self.recipients if not address.endswith("@")), None)

    def takes(self, address: str) -> bool:
        """Return True if a mail to this address opens a ticket. Letter case and a +suffix make no difference."""
        local, at, domain = address.strip().lower().rpartition("@")
        names = {f"{local}{at}{domain}", f"{local.partition('+')[0]}{at}{domain}"}
        names |= {f"{local}{at}", f"{local.partition('+')[0]}{at}"}
        return at == "@" and not names.isdisjoint(self.recipients)

    def word_of(self, subject: str) -> str | None:
        """Return the key of `words` with which a subject begins, after any `Re:` or `Fwd:`; None if there is none."""
        rest = re.sub(r"^\s*((re|fwd?|aw|wg)\s*:\s*)+", "", subject, flags=re.IGNORECASE).strip().lower()
        return next((word for word in self.words if rest.startswith(word)), None)


def mail_rules(root: Node) -> Reader[MailRules]:
    """Return a reader of the `mail` key. root: the document of the policy, whose impacts the key may name."""
    found = descend(root, "impacts")
    impacts = list(found.entries) if isinstance(found, MapNode) else []
    impact_name = one_of(impacts, "an impact of this policy")

    def read(node: Node) -> MailRules:
        fields, usual = Fields(node), MailRules()
        recipients = fields.optional("recipients", list_of(_recipient), usual.recipients)
        impact = fields.optional("impact", impact_name, None)
        words = fields.optional("words", mapping_of(lambda key, value: (_word(key), impact_name(value))), _NO_WORDS)
        fields.close()
        if recipients.is_good and not recipients.value:
            recipients.place.note("is empty; write at least one address, like support@example.com")
        if impact.is_good and impact.value == "urgent":
            impact.place.warn("makes every mail Urgent; a word of the subject under words: is more exact")
        return MailRules(recipients.value, impact.value, dict(words.value.values()))

    return read


def _recipient(node: Node) -> str:
    text = line_of_text(node, most=320).lower()
    if not _RECIPIENT.fullmatch(text):
        raise node.refuse(f'{shown(text)} is not a mail address; write one like support@example.com, or "support@"')
    return text


def _word(key: ScalarNode) -> str:
    text = line_of_text(key, most=LONGEST_WORD).lower()
    if len(text) < 3:
        raise key.refuse(f"{shown(text)} is too short for a word of a subject; write at least 3 characters")
    return text
