"""The rules for municipality and city district, by the codes in force on the day.

Source: SSB KLASS 131 and 103; see ``kpr_stream/reference/data/SOURCES.md``.
"""

from __future__ import annotations

from polars import col

from kpr_stream.model.words import Severity
from kpr_stream.reference import Reference
from kpr_stream.reference.geography import district_belongs
from kpr_stream.rules.actions import CODE_OF_LIST, CODE_OF_THE_DAY
from kpr_stream.rules.rule import Action, Responsible, Rule


def place_rules(reference: Reference) -> tuple[Rule, ...]:
    """The rules, in the order in which findings are reported."""
    return (
        Rule(
            id="MUNICIPALITY_UNUSABLE",
            severity=Severity.SET_ASIDE,
            field="municipality_code",
            text_no="Kommunenummeret har ikke fire siffer, og er ikke lagret.",
            text_en="The municipality code is not four digits, and is not stored.",
            action=Action(
                (Responsible.EPJ_VENDOR,),
                "Leverandøren sender de fire sifrene i kommunenummeret, aldri navnet.",
                "The EPJ vendor sends the four digits of the municipality code, never the name.",
            ),
            check=col("_municipality_code").is_not_null(),
            watches="operation",
        ),
        Rule(
            id="MUNICIPALITY_UNKNOWN",
            severity=Severity.WARN,
            field="municipality_code",
            text_no="Kommunenummeret har aldri vært i bruk. 9999 («uoppgitt») er ikke et "
            "kommunenummer.",
            text_en="The municipality code was never in use. 9999 (unspecified) is not a "
            "municipality code.",
            action=Action(
                (Responsible.EPJ_VENDOR, Responsible.FHI),
                "Leverandøren retter kommunenummeret. Er kommunenummeret nytt, oppdaterer FHI "
                "listen over kommuner.",
                "The EPJ vendor corrects the municipality code. If the code is new, FHI updates "
                "the list of municipalities.",
            ),
            check=col("_municipality_known"),
            watches="_municipality_known",
        ),
        Rule(
            id="MUNICIPALITY_NOT_VALID_THEN",
            severity=Severity.WARN,
            field="municipality_code",
            text_no="Kommunenummeret var ikke gyldig på konsultasjonsdatoen.",
            text_en="The municipality code was not valid on the day of the consultation.",
            action=CODE_OF_THE_DAY,
            check=col("_municipality_valid") | ~col("_municipality_known"),
            watches="_municipality_valid",
        ),
        Rule(
            id="CODE_UNUSABLE_DISTRICT_CODE",
            severity=Severity.SET_ASIDE,
            field="district_code",
            text_no="Bydelen er verken en bydelskode på seks siffer eller de to siste sifrene i en "
            "bydel i kommunen. Den er ikke lagret.",
            text_en="The city district is neither a district code of six digits nor the last two "
            "digits of a district in the municipality. It is not stored.",
            action=Action(
                (Responsible.EPJ_VENDOR,),
                "Leverandøren sender alle seks sifrene i bydelskoden, eller ingen bydel.",
                "The EPJ vendor sends all six digits of the district code, or no city district.",
            ),
            check=col("_district_code").is_not_null() | col("_district_sent").is_null(),
            watches="_district_sent",
        ),
        Rule(
            id="CODE_UNKNOWN_DISTRICT_CODE",
            severity=Severity.WARN,
            field="district_code",
            text_no="Koden for bydel finnes ikke i kodelisten.",
            text_en="The code for city district is not in the code list.",
            action=CODE_OF_LIST,
            check=col("_district_code").is_in(reference.known_codes("district_code")),
            watches="_district_code",
        ),
        Rule(
            id="DISTRICT_OF_OTHER_MUNICIPALITY",
            severity=Severity.WARN,
            field="district_code",
            text_no="Bydelen ligger i en annen kommune enn den oppgitte kommunen.",
            text_en="The city district lies in another municipality than the given one.",
            action=Action(
                (Responsible.EPJ_VENDOR,),
                "Leverandøren sender en bydel i den oppgitte kommunen, eller ingen bydel. De fire "
                "første sifrene i bydelskoden er kommunenummeret. Gjelder hendelsen en annen "
                "kommune enn innsendingen, sender leverandøren også kommunenummeret i hendelsen.",
                "The EPJ vendor sends a city district of the given municipality, or no city "
                "district. The first four digits of a district code are the municipality code. If "
                "the item belongs to another municipality than the delivery, the EPJ vendor sends "
                "the municipality code in the item too.",
            ),
            check=district_belongs(col("_district_code"), col("_municipality_code")),
            watches="_district_code",
        ),
        Rule(
            id="DISTRICT_NOT_VALID_THEN",
            severity=Severity.WARN,
            field="district_code",
            text_no="Bydelskoden var ikke gyldig på konsultasjonsdatoen.",
            text_en="The city district code was not valid on the day of the consultation.",
            action=CODE_OF_THE_DAY,
            # A code that is in no list has its own finding (CODE_UNKNOWN_DISTRICT_CODE).
            check=col("_district_valid")
            | ~col("_district_code").is_in(reference.known_codes("district_code")),
            watches="_district_valid",
        ),
    )
