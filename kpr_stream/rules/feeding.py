"""The rules for breastfeeding and for the discharge from the maternity ward."""

from __future__ import annotations

from polars import col

from kpr_stream.model.words import Severity
from kpr_stream.reference.breastfeeding import FULL, PARTIAL
from kpr_stream.rules.actions import (
    CHECK_OR_NO_PLACEHOLDER,
    CHECK_RECORD,
    CHECK_RECORD_OR_LEAVE,
)
from kpr_stream.rules.rule import CHILDREN, Rule
from kpr_stream.rules.times import FIRST_DAY, LAST_DAY

FULLY_UNTIL_DAYS = 274
"""Nine months. WHO and Helsedirektoratet advise breast milk alone for about six; some mothers
continue longer."""
PARTLY_UNTIL_DAYS = 1826
"""Five years: after that age the code is mistyped, or is in the record of another child."""
LONGEST_STAY_DAYS = 366
"""A maternity stay with a very preterm child takes months, not years."""


def feeding_rules() -> tuple[Rule, ...]:
    """The rules, in the order in which findings are reported."""
    fed = col("_breastfeeding_status")
    since_birth = col("maternity_discharge_date").cast(int) - col("birth_date").cast(int)
    return (
        Rule(
            id="BREASTFEEDING_AGAINST_AGE",
            severity=Severity.WARN,
            services=CHILDREN,
            field="breastfeeding",
            text_no="Ammestatusen passer ikke med alderen: barnet er fullammet etter ni måneder, "
            "eller ammet etter fem år.",
            text_en="The breastfeeding status does not fit the age: the child is exclusively "
            "breastfed after nine months, or breastfed after five years.",
            action=CHECK_RECORD_OR_LEAVE,
            check=~(
                ((fed == FULL) & (col("_age_days") > FULLY_UNTIL_DAYS))
                | ((fed == PARTIAL) & (col("_age_days") > PARTLY_UNTIL_DAYS))
            ),
        ),
        Rule(
            id="BREASTFEEDING_FULL_AFTER_PARTIAL",
            severity=Severity.WARN,
            services=CHILDREN,
            field="breastfeeding",
            text_no="I samme innsending er barnet først registrert som delvis eller ikke ammet, og "
            "senere som fullammet.",
            text_en="In the same delivery the child is first recorded as partially or not "
            "breastfed, and later as exclusively breastfed.",
            action=CHECK_RECORD_OR_LEAVE,
            check=~col("_full_after_less"),
            watches="_full_after_less",
            depends_on=("birth_date",),
        ),
        Rule(
            id="MATERNITY_DISCHARGE_DATE_IMPOSSIBLE",
            severity=Severity.SET_ASIDE,
            field="maternity_discharge_date",
            text_no="Datoen for hjemreise fra barsel ligger ikke mellom 1900 og 2099, og er ikke "
            "lagret.",
            text_en="The date of discharge from the maternity ward is not between 1900 and 2099, "
            "and is not stored.",
            action=CHECK_OR_NO_PLACEHOLDER,
            check=col("maternity_discharge_date").is_between(FIRST_DAY, LAST_DAY),
            upserts_only=False,
        ),
        Rule(
            id="MATERNITY_DISCHARGE_DATE_AGAINST_BIRTH",
            severity=Severity.WARN,
            services=CHILDREN,
            field="maternity_discharge_date",
            text_no="Datoen for hjemreise fra barsel er før fødselen, mer enn ett år etter "
            "fødselen, eller etter konsultasjonen.",
            text_en="The date of discharge from the maternity ward is before the birth, more than "
            "a year after the birth, or after the consultation.",
            action=CHECK_RECORD,
            check=since_birth.is_between(0, LONGEST_STAY_DAYS)
            & (col("maternity_discharge_date") <= col("_date")),
        ),
    )
