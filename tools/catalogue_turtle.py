"""Writes the description for the national data catalogue: DCAT-AP-NO 3, in Turtle.

The mandatory properties of a catalogue and its data sets are title, description, publisher and
contact point, and for a data set its theme. Recommended ones are added where they are known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from kpr_stream import __version__
from kpr_stream.dictionary.model import Dictionary, dictionary, meanings
from kpr_stream.reference import load_reference
from tests.support.repository import ROOT
from tools.generated import write

FILE: Final = ROOT / "contracts" / "catalogue.ttl"

BASE: Final = "urn:no:kpr:hst:"
PREFIXES: Final = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
THEME: Final = "<http://publications.europa.eu/resource/authority/data-theme/HEAL>"
RESTRICTED: Final = "<http://publications.europa.eu/resource/authority/access-right/NON_PUBLIC>"
DAILY: Final = "<http://publications.europa.eu/resource/authority/frequency/DAILY>"
NORWAY: Final = "<http://publications.europa.eu/resource/authority/country/NOR>"
LANGUAGES: Final = tuple(
    f"<http://publications.europa.eu/resource/authority/language/{code}>" for code in ("NOB", "ENG")
)
HEAD: Final = "# Written by tools/catalogue_turtle.py (make pages): do not edit.\n"
DATA_SETS: Final = {
    "analyst-topic": (
        ("Konsultasjoner for analytikere, som strøm", "Consultations for analysts, as a stream"),
        (
            (
                "Pseudonyme konsultasjoner fra helsestasjon og skolehelsetjeneste, slik de endres. "
                "Alder regnes fra fødselsuken."
            ),
            (
                "Pseudonymous consultations of health stations and school health services, as they "
                "change. Ages count from the week of birth."
            ),
        ),
    ),
    "analytics": (
        ("Visninger for analytikere", "Views for analysts"),
        (
            (
                "Rader uten fødselsdato, og tall for de fire spørsmålene: aktivitet, oppfølging, "
                "amming, og vekt og lengde."
            ),
            (
                "Rows without birth dates, and counts of the four questions: activity, follow-up, "
                "breastfeeding, and weight and length."
            ),
        ),
    ),
}
"""Titles and descriptions of each data set, in Bokmål and English."""


def files() -> dict[Path, str]:
    """Return the description."""
    return {FILE: catalogue(dictionary(__version__, load_reference()))}


def catalogue(whole: Dictionary) -> str:
    """Return the catalogue with its data sets."""
    parts = [
        *(f"@prefix {name}: <{url}> ." for name, url in PREFIXES.items()),
        "",
        *_resource("catalogue", "dcat:Catalog", _catalogue()),
        *_resource("owner", "foaf:Agent", _owner()),
        *_resource("contact", "vcard:Organization", _contact()),
    ]
    for name in DATA_SETS:
        parts += _resource(name, "dcat:Dataset", _data_set(name, whole))
        parts += _resource(f"{name}-distribution", "dcat:Distribution", _distribution(name))
    return HEAD + "\n".join(parts)


def _resource(name: str, kind: str, properties: Sequence[tuple[str, str]]) -> Iterator[str]:
    yield f"<{BASE}{name}> a {kind} ;"
    for place, (what, value) in enumerate(properties, 1):
        yield f"    {what} {value} {'.' if place == len(properties) else ';'}"
    yield ""


def _catalogue() -> list[tuple[str, str]]:
    return [
        *_in_both(
            "dct:title",
            ("KPR: helsestasjon og skolehelsetjeneste", "KPR: health stations and school health"),
        ),
        *_in_both(
            "dct:description",
            (
                "Data som analytikere kan lese fra mottaket KPR Stream.",
                "Data that analysts may read from the receiver KPR Stream.",
            ),
        ),
        ("dct:publisher", f"<{BASE}owner>"),
        ("dcat:contactPoint", f"<{BASE}contact>"),
        ("dct:language", ", ".join(LANGUAGES)),
        ("dct:spatial", NORWAY),
        ("dcat:dataset", ", ".join(f"<{BASE}{name}>" for name in DATA_SETS)),
    ]


def _owner() -> list[tuple[str, str]]:
    owner = meanings()["owner"]
    names = _in_both("foaf:name", (owner["name"], owner["name_en"]))
    return [*names, ("dct:identifier", _literal(owner["org_nr"]))]


def _contact() -> list[tuple[str, str]]:
    owner = meanings()["owner"]
    return [
        *_in_both("vcard:fn", (owner["name"], owner["name_en"])),
        ("vcard:hasEmail", f"<mailto:{owner['mail']}>"),
    ]


def _data_set(name: str, whole: Dictionary) -> list[tuple[str, str]]:
    titles, descriptions = DATA_SETS[name]
    return [
        *_in_both("dct:title", titles),
        *_in_both("dct:description", descriptions),
        ("dct:identifier", _literal(BASE + name)),
        ("dct:publisher", f"<{BASE}owner>"),
        ("dcat:contactPoint", f"<{BASE}contact>"),
        ("dcat:theme", THEME),
        ("dcat:keyword", ", ".join(_literal(w, "nb") for w in ("helsestasjon", "barn", "KPR"))),
        ("dct:accessRights", RESTRICTED),
        ("dct:accrualPeriodicity", DAILY),
        ("dct:spatial", NORWAY),
        ("dct:temporal", '[ a dct:PeriodOfTime ; dcat:startDate "2017-01-01"^^xsd:date ]'),
        ("dct:language", ", ".join(LANGUAGES)),
        ("dcat:version", _literal(whole.version)),
        ("dcat:distribution", f"<{BASE}{name}-distribution>"),
    ]


def _distribution(name: str) -> list[tuple[str, str]]:
    titles, _ = DATA_SETS[name]
    return [
        *_in_both("dct:title", titles),
        ("dcat:accessURL", f"<{BASE}access:{name}>"),
        ("dct:conformsTo", f"<{BASE}contract:{name}>"),
    ]


def _in_both(what: str, texts: Sequence[str]) -> list[tuple[str, str]]:
    both = zip(texts, ("nb", "en"), strict=True)
    return [(what, ", ".join(_literal(text, language) for text, language in both))]


def _literal(text: str, language: str | None = None) -> str:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"' + (f"@{language}" if language else "")


if __name__ == "__main__":
    write(files())
