"""The vendors' page of all rules, generated from the catalogue: ``docs/vendor/rules.md``."""

from __future__ import annotations

from kpr_stream.model.words import Severity
from kpr_stream.reference import Reference
from kpr_stream.rules.catalogue import RULE_SET_VERSION, catalogue
from kpr_stream.rules.rule import Rule

_HEADING = {
    Severity.REJECT: "Avvist · rejected",
    Severity.SET_ASIDE: "Satt til side · set aside",
    Severity.WARN: "Advarsel · warning",
}
_MEANING = {
    Severity.REJECT: "Hendelsen telles som avvist og ligger i karantene til den sendes riktig. · "
    "The item counts as rejected and lies in quarantine until it is sent right.",
    Severity.SET_ASIDE: "Verdien lagres ikke; konsultasjonen telles. · "
    "The value is not stored; the consultation counts.",
    Severity.WARN: "Verdien lagres som den er. · The value is stored as it is.",
}
_MADE = (
    "Denne siden er laget av regelkatalogen; rett den ikke for hånd. · "
    "This page is made from the rule catalogue; do not edit it."
)


def vendor_page(reference: Reference) -> str:
    """The page as Markdown, Norwegian and English side by side."""
    parts = [
        "# Regler · Rules",
        "",
        f"Regelsett · rule set {RULE_SET_VERSION}. {_MADE}",
        "",
    ]
    rules = catalogue(reference)
    for severity in Severity:
        chosen = [rule for rule in rules if rule.severity is severity]
        parts += [f"## {_HEADING[severity]}", "", _MEANING[severity], ""]
        for rule in chosen:
            parts += _section(rule)
    return "\n".join(parts).rstrip() + "\n"


def _section(rule: Rule) -> list[str]:
    messages = ", ".join(rule.message_types)
    return [
        f"### {rule.id}",
        "",
        f"`{rule.pointer}` · {messages} · {rule.since}",
        "",
        f"- {rule.text_no} {rule.action_no}",
        f"- {rule.text_en} {rule.action_en}",
        "",
    ]
