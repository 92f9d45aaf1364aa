"""Makes the vendors' pages of all rules from the catalogue and its examples.

``docs/vendor/rules.md`` is in English, ``docs/vendor/regler.md`` in Norwegian (Bokmål).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from typing import Any, NamedTuple

from kpr_stream.model.words import MessageType, Service, Severity
from kpr_stream.reference import Reference
from kpr_stream.rules.catalogue import RULE_SET_VERSION, themes
from kpr_stream.rules.examples import Example, Examples, Fields, examples
from kpr_stream.rules.rule import Responsible, Rule


class Language(StrEnum):
    """Languages of the texts."""

    NORWEGIAN = "no"
    ENGLISH = "en"


PAGES: Mapping[Language, str] = {
    Language.NORWEGIAN: "docs/vendor/regler.md",
    Language.ENGLISH: "docs/vendor/rules.md",
}

LONGEST_SHOWN = 48
"""Letters of a text, or entries of a list, that an example shows."""

ExportPaths = Mapping[str, str]
"""Contract field to its path in an item of the export format, such as ``maalinger/vekt``."""


class _SeverityWords(NamedTuple):
    name: str
    meaning: str


@dataclass(frozen=True, slots=True)
class _Words:
    title: str
    other: str
    intro: str
    severities: Mapping[Severity, _SeverityWords]
    whole: str
    columns: tuple[str, str, str, str]
    who: Mapping[Responsible, str]
    messages: Mapping[MessageType, str]
    services: Mapping[Service, str]
    all_services: str
    field: str
    in_export: str
    applies: str
    since: str
    wrong: str
    right: str
    both: str
    codes: str
    in_production: str
    in_test: str
    todo: str
    plain_title: str
    plain: str


PARTIES_NO = {
    Responsible.EPJ_VENDOR: "EPJ-leverandøren",
    Responsible.HEALTH_STATION: "virksomheten",
    Responsible.FHI: "FHI",
}
"""What pages in Bokmål call the parties."""
_WORDS = {
    Language.ENGLISH: _Words(
        title="Rules",
        other="[På norsk](regler.md)",
        intro="The receiver judges every item of a delivery by these rules. A finding in a "
        "[receipt](receipts.md) or in [`kpr-stream check`](check.md) names the rule and the "
        "field, never the value. "
        "`kpr-stream rules list --json` prints the rules as data.",
        severities={
            Severity.REJECT: _SeverityWords(
                "Rejected",
                "The item counts as rejected, and is kept in quarantine until a correct version is "
                "sent. Only items that have no local id, no usable start, no known operation, or "
                "bytes that the contract cannot hold are rejected.",
            ),
            Severity.SET_ASIDE: _SeverityWords(
                "Set aside",
                "The value is not stored. The consultation counts without it.",
            ),
            Severity.WARN: _SeverityWords(
                "Warning", "The value is stored unchanged, together with the finding."
            ),
        },
        whole="Faults of a delivery as a whole (org number, encryption, order, contract) are "
        "described in [receipts.md](receipts.md). Such a delivery is refused, and its items are "
        "not judged.",
        columns=("rule", "what happens", "field", "who"),
        who={
            Responsible.EPJ_VENDOR: "EPJ vendor",
            Responsible.HEALTH_STATION: "health station",
            Responsible.FHI: "FHI",
        },
        messages={
            MessageType.CONSULTATION: "consultations",
            MessageType.APPOINTMENT: "appointments",
        },
        services={
            Service.HELSESTASJON_0_5: "health station 0–5 years",
            Service.SKOLEHELSETJENESTE: "school health service",
            Service.HFU: "youth clinic",
            Service.SVANGERSKAP_BARSEL: "pregnancy and maternity care",
        },
        all_services="every service",
        field="Field",
        in_export="in the export",
        applies="Applies to",
        since="since rule set",
        wrong="Wrong",
        right="Right",
        both="Both with",
        codes="Codes",
        in_production=" in production",
        in_test=" in test",
        todo="What to do",
        plain_title="The items of the examples",
        plain="Each example shows only the fields that matter. All other fields are as in these "
        "items. The items are received at {at}. Every id is synthetic.",
    ),
    Language.NORWEGIAN: _Words(
        title="Regler",
        other="[In English](rules.md)",
        intro="Mottakeren vurderer hver hendelse i en innsending etter disse reglene. Et funn i en "
        "[kvittering](receipts.md) eller i [`kpr-stream check`](sjekk.md) nevner regelen og "
        "feltet, aldri verdien. "
        "`kpr-stream rules list --json` skriver ut reglene som data.",
        severities={
            Severity.REJECT: _SeverityWords(
                "Avvist",
                "Hendelsen telles som avvist, og ligger i karantene til en riktig versjon er sendt "
                "inn. Bare hendelser uten lokal id, brukbart starttidspunkt eller gyldig "
                "operasjon, eller med bytes som kontrakten ikke kan ta imot, blir avvist.",
            ),
            Severity.SET_ASIDE: _SeverityWords(
                "Satt til side",
                "Verdien blir ikke lagret. Konsultasjonen telles uten den.",
            ),
            Severity.WARN: _SeverityWords(
                "Advarsel", "Verdien blir lagret uendret, sammen med funnet."
            ),
        },
        whole="Feil ved en innsending som helhet (organisasjonsnummer, kryptering, rekkefølge, "
        "kontrakt) er beskrevet i [receipts.md](receipts.md). En slik innsending blir ikke tatt "
        "imot, og hendelsene i den blir ikke vurdert.",
        columns=("regel", "hva skjer", "felt", "hvem"),
        who=PARTIES_NO,
        messages={
            MessageType.CONSULTATION: "konsultasjoner",
            MessageType.APPOINTMENT: "avtaler",
        },
        services={
            Service.HELSESTASJON_0_5: "helsestasjon 0–5 år",
            Service.SKOLEHELSETJENESTE: "skolehelsetjenesten",
            Service.HFU: "helsestasjon for ungdom",
            Service.SVANGERSKAP_BARSEL: "svangerskaps- og barselomsorg",
        },
        all_services="alle tjenester",
        field="Felt",
        in_export="i uttrekket",
        applies="Gjelder",
        since="siden regelsett",
        wrong="Feil",
        right="Riktig",
        both="Begge med",
        codes="Koder",
        in_production=" i produksjon",
        in_test=" i test",
        todo="Tiltak",
        plain_title="Hendelsene i eksemplene",
        plain="Hvert eksempel viser bare feltene som har betydning. Alle andre felt er som i "
        "disse hendelsene. Hendelsene er mottatt {at}. Alle id-er er syntetiske.",
    ),
}
_GENERATED = {
    Language.ENGLISH: "Rule set {0}. This page is made from the rule catalogue "
    "(`python -m tools.rules_pages`). Do not edit it.",
    Language.NORWEGIAN: "Regelsett {0}. Denne siden er laget fra regelkatalogen "
    "(`python -m tools.rules_pages`). Ikke rett den for hånd.",
}


def vendor_page(reference: Reference, language: Language, export_paths: ExportPaths) -> str:
    """The page as Markdown."""
    words, golden = _WORDS[language], examples()
    parts = [f"# {words.title}", "", words.other, "", words.intro, ""]
    parts += ["| | |", "| --- | --- |"]
    parts += [f"| **{name}** | {meaning} |" for name, meaning in words.severities.values()]
    parts += ["", words.whole, "", _GENERATED[language].format(RULE_SET_VERSION), ""]
    for theme in themes(reference):
        parts += [f"## {theme.en if language is Language.ENGLISH else theme.no}", ""]
        parts += [f"| {' | '.join(words.columns)} |", "| --- | --- | --- | --- |"]
        parts += [_row(rule, words) for rule in theme.rules] + [""]
        for rule in theme.rules:
            codes = codes_of(rule, reference)
            example = golden.by_rule[rule.id]
            parts += _section(rule, words, example, export_paths, language, codes)
    parts += _plain_items(words, golden)
    return "\n".join(parts).rstrip() + "\n"


def codes_of(rule: Rule, reference: Reference) -> tuple[str, ...]:
    """The codes that a rule for a coded field accepts; empty for every other rule."""
    return reference.known_codes(rule.field) if rule.id.startswith("CODE_") else ()


def _row(rule: Rule, words: _Words) -> str:
    who = ", ".join(words.who[who] for who in rule.action.who)
    happens = words.severities[rule.severity].name.lower()
    return f"| [`{rule.id}`](#{rule.id.lower()}) | {happens} | `{rule.field}` | {who} |"


def _section(
    rule: Rule,
    words: _Words,
    example: Example,
    export_paths: ExportPaths,
    language: Language,
    codes: Sequence[str],
) -> list[str]:
    english = language is Language.ENGLISH
    messages = ", ".join(words.messages[m] for m in rule.message_types)
    services = ", ".join(words.services[s] for s in rule.services) or words.all_services
    place = (
        f" ({words.in_export} `{export_paths[rule.field]}`)" if rule.field in export_paths else ""
    )
    only_there = example.wrong_in != "test"
    sides = (
        (words.wrong, words.in_production if only_there else "", example.wrong),
        (words.right, words.in_test if only_there else "", example.right),
    )
    return [
        f"### {rule.id}",
        "",
        f"**{words.severities[rule.severity].name}.** {rule.text_en if english else rule.text_no}",
        "",
        f"- {words.field}: `{rule.pointer}`{place}",
        f"- {words.applies}: {messages}; {services}; {words.since} {rule.since}",
        *(f"- {side}{where}: {_shown(*items)}" for side, where, items in sides),
        *([f"- {words.both}: {_shown(example.context)}"] if example.context else []),
        *([f"- {words.codes}: {', '.join(f'`{code}`' for code in codes)}"] if codes else []),
        f"- {words.todo}: {rule.action.en if english else rule.action.no}",
        "",
    ]


def _shown(*items: Fields) -> str:
    return ", ".join(
        f"`{json.dumps({n: _short(v) for n, v in item.items()}, ensure_ascii=False)}`"
        for item in items
    )


def _short(value: Any) -> Any:  # noqa: ANN401 - any value of an item
    """Return a value for the page: of a very long text or list, the beginning."""
    if isinstance(value, str) and len(value) > LONGEST_SHOWN:
        return f"{value[:3]}… ({len(value)})"
    if isinstance(value, list) and len(value) > LONGEST_SHOWN:
        return [*value[:2], f"… ({len(value)})"]
    return value


def _plain_items(words: _Words, golden: Examples) -> list[str]:
    at = golden.received_at.astimezone(UTC).isoformat()
    parts = [f"## {words.plain_title}", "", words.plain.format(at=f"`{at}`"), ""]
    for fields in golden.plain.values():
        shown = json.dumps(dict(fields), ensure_ascii=False, indent=2)
        parts += ["```json", shown, "```", ""]
    return parts
