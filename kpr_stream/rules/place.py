"""Rules about where: municipality and city district, by the codes in force on the day.

Source: SSB KLASS 131 and 103; see ``kpr_stream/reference/data/SOURCES.md``.
"""

from __future__ import annotations

from polars import col

from kpr_stream.model.words import Severity
from kpr_stream.reference import Reference
from kpr_stream.reference.geography import district_belongs
from kpr_stream.rules.actions import CODE_OF_THE_DAY
from kpr_stream.rules.rule import Action, Rule, Who


def place_rules(reference: Reference) -> tuple[Rule, ...]:
    """In the order in which findings are told."""
    return (
        Rule(
            id="MUNICIPALITY_UNUSABLE",
            severity=Severity.SET_ASIDE,
            field="municipality_code",
            text_no="Kommunenummeret er ikke fire siffer og er ikke lagret.",
            text_en="The municipality code is not four digits and is not stored.",
            action=Action(
                (Who.EPJ_VENDOR,),
                "Leverandøren sender de fire sifrene i kommunenummeret, aldri navnet.",
                "The EPJ vendor sends the four digits of the municipality's number, never its "
                "name.",
            ),
            check=col("_municipality_code").is_not_null(),
            watches="operation",
        ),
        Rule(
            id="MUNICIPALITY_UNKNOWN",
            severity=Severity.WARN,
            field="municipality_code",
            text_no="Kommunenummeret har aldri vært i bruk (9999, «uoppgitt», regnes ikke som et).",
            text_en="The municipality code was never in use (9999, «unknown», counts as none).",
            action=Action(
                (Who.EPJ_VENDOR, Who.FHI),
                "Leverandøren retter kommunenummeret. Er det nytt, oppdaterer FHI kommunelisten.",
                "The EPJ vendor corrects the municipality code. If it is new, FHI updates the list "
                "of municipalities.",
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
            id="DISTRICT_OF_OTHER_MUNICIPALITY",
            severity=Severity.WARN,
            field="district_code",
            text_no="Bydelen ligger i en annen kommune enn den som er oppgitt.",
            text_en="The city district lies in another municipality than the one given.",
            action=Action(
                (Who.EPJ_VENDOR,),
                "Leverandøren sender en bydel i kommunen som er oppgitt (de fire første sifrene er "
                "kommunens), eller ingen. Gjelder hendelsen en annen kommune enn innsendingens, "
                "sendes også kommunenummeret i hendelsen.",
                "The EPJ vendor sends a district of the municipality given (its first four digits "
                "are the municipality's), or none. If the item is of another municipality than the "
                "delivery's, the item names that municipality too.",
            ),
            # An item that names only its municipality says nothing of its delivery's district.
            check=district_belongs(col("_district_code"), col("_municipality_code"))
            | (col("district_code").is_null() & col("municipality_code").is_not_null()),
            watches="_district_code",
        ),
        Rule(
            id="DISTRICT_NOT_VALID_THEN",
            severity=Severity.WARN,
            field="district_code",
            text_no="Bydelskoden var ikke gyldig på konsultasjonsdatoen.",
            text_en="The city district's code was not valid on the day of the consultation.",
            action=CODE_OF_THE_DAY,
            # A code of no list is told as such, not as one of another day.
            check=col("_district_valid")
            | ~col("_district_code").is_in(reference.known_codes("district_code")),
            watches="_district_valid",
        ),
    )
