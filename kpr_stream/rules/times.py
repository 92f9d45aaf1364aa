"""Rules about when it was."""

from __future__ import annotations

from polars import col

from kpr_stream.model.codes import ATTENDED, NOT_ATTENDED
from kpr_stream.model.words import Severity
from kpr_stream.rules.actions import CHECK_RECORD
from kpr_stream.rules.rule import BOTH, Action, Rule, Who

FIRST_START = 17_136 * 86_400_000_000
"""2016-12-01 in microseconds: a month before the register's first year."""
AHEAD_MS = 10 * 60 * 1000
"""How far a start may lie ahead of the broker's clock: clocks differ."""
FAR_AHEAD_MS = 5 * 366 * 86_400_000
"""No appointment of the programme is made so early: from birth the last one is at four years."""
FIRST_DAY, LAST_DAY = -25_567, 47_481
"""1900-01-01 and 2099-12-31 in days: what lies outside is no date, and some calendars of our
readers could not hold it."""
_MICROSECONDS_A_DAY = 86_400_000_000


def time_rules() -> tuple[Rule, ...]:
    """In the order in which findings are told."""
    return (
        Rule(
            id="START_MISSING",
            severity=Severity.REJECT,
            message_types=BOTH,
            field="start",
            text_no="Starttidspunktet mangler, eller er ikke mellom 1900 og 2099.",
            text_en="The start is missing, or is not between 1900 and 2099.",
            action=Action(
                (Who.EPJ_VENDOR,),
                "Leverandøren sender starten med avviket fra UTC (2024-03-04T10:00:00+01:00), "
                "eller bare datoen der journalen ikke vet mer.",
                "The EPJ vendor sends the start with its offset from UTC "
                "(2024-03-04T10:00:00+01:00), or the date alone where the record knows no more.",
            ),
            check=col("start")
            .is_between((FIRST_DAY + 1) * _MICROSECONDS_A_DAY, LAST_DAY * _MICROSECONDS_A_DAY - 1)
            .fill_null(value=False),
            watches="operation",
        ),
        Rule(
            id="START_IN_FUTURE",
            severity=Severity.WARN,
            message_types=BOTH,
            field="start",
            text_no="Starttidspunktet ligger frem i tid, men oppmøtet er registrert som møtt "
            "eller ikke møtt.",
            text_en="The start lies in the future, but attendance says attended or not attended.",
            action=Action(
                (Who.EPJ_VENDOR, Who.HEALTH_STATION),
                "Leverandøren kontrollerer at uttrekket skriver rett avvik fra UTC og rett "
                "oppmøtestatus for timer som ikke har vært. Er det feil i journalen, retter "
                "virksomheten det og sender på nytt.",
                "The EPJ vendor checks that the export writes the right offset from UTC, and the "
                "right attendance for appointments to come. If the record is wrong, the health "
                "station corrects it and sends the item again.",
            ),
            check=~col("attendance").is_in([ATTENDED, NOT_ATTENDED])
            | (col("start") <= (col("_received_at") + AHEAD_MS) * 1000),
            watches="attendance",
        ),
        Rule(
            id="START_FAR_AHEAD",
            severity=Severity.WARN,
            message_types=BOTH,
            field="start",
            text_no="Starttidspunktet ligger mer enn fem år frem i tid; årstallet er trolig feil.",
            text_en="The start lies more than five years ahead; the year is probably wrong.",
            action=CHECK_RECORD,
            check=col("start") <= (col("_received_at") + FAR_AHEAD_MS) * 1000,
        ),
        Rule(
            id="START_BEFORE_REGISTER",
            severity=Severity.WARN,
            message_types=BOTH,
            field="start",
            text_no="Starttidspunktet er før desember 2016; registeret begynner i 2017.",
            text_en="The start is before December 2016; the register begins in 2017.",
            action=Action(
                (Who.EPJ_VENDOR, Who.HEALTH_STATION),
                "Leverandøren tar ikke med konsultasjoner fra før 2017. Er datoen feil i "
                "journalen, retter virksomheten den og sender på nytt.",
                "The EPJ vendor leaves out consultations from before 2017. If the date is wrong in "
                "the record, the health station corrects it and sends the item again.",
            ),
            check=col("start") >= FIRST_START,
        ),
        Rule(
            id="OFFSET_NOT_NORWEGIAN",
            severity=Severity.WARN,
            message_types=BOTH,
            field="start_offset_minutes",
            text_no="Avviket fra UTC er ikke det som gjaldt i Norge på tidspunktet (60 minutter om "
            "vinteren, 120 om sommeren); klokkeslettet er trolig en time feil.",
            text_en="The offset from UTC is not the one in force in Norway at that moment (60 "
            "minutes in winter, 120 in summer); the time is probably an hour wrong.",
            action=Action(
                (Who.EPJ_VENDOR,),
                "Leverandøren skriver tidspunktet med avviket som gjaldt da "
                "(2024-03-04T10:00:00+01:00, 2024-07-04T10:00:00+02:00), eller i UTC (…Z).",
                "The EPJ vendor writes the time with the offset in force at that moment "
                "(2024-03-04T10:00:00+01:00, 2024-07-04T10:00:00+02:00), or in UTC (…Z).",
            ),
            check=(col("start_offset_minutes") == 0)
            | (col("start_offset_minutes") == col("_norwegian_offset"))
            | (col("start") < FIRST_START),
        ),
    )
