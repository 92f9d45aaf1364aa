"""The rules for the start of an item."""

from __future__ import annotations

from polars import col

from kpr_stream.model.codes import ATTENDED, NOT_ATTENDED
from kpr_stream.model.words import Severity
from kpr_stream.rules.actions import CHECK_RECORD
from kpr_stream.rules.rule import BOTH, Action, Responsible, Rule

FIRST_START = 17_136 * 86_400_000_000
"""2016-12-01 in microseconds: a month before the register's first year."""
AHEAD_MS = 10 * 60 * 1000
"""How far a start may lie ahead of the broker's clock, since clocks differ."""
FAR_AHEAD_MS = 5 * 366 * 86_400_000
"""No appointment of the programme is made so long before: from birth, the last one is at four
years."""
FIRST_DAY, LAST_DAY = -25_567, 47_481
"""1900-01-01 and 2099-12-31 in days. A date outside is a mistake, and some readers' calendars could
not hold it."""
_MICROSECONDS_A_DAY = 86_400_000_000


def time_rules() -> tuple[Rule, ...]:
    """The rules, in the order in which findings are reported."""
    return (
        Rule(
            id="START_MISSING",
            severity=Severity.REJECT,
            message_types=BOTH,
            field="start",
            text_no="Starttidspunktet mangler, eller ligger ikke mellom 1900 og 2099.",
            text_en="The start is missing, or is not between 1900 and 2099.",
            action=Action(
                (Responsible.EPJ_VENDOR,),
                "Leverandøren sender starttidspunktet med avviket fra UTC "
                "(2024-03-04T10:00:00+01:00). Har journalen bare datoen, sender leverandøren "
                "datoen alene.",
                "The EPJ vendor sends the start with its offset from UTC "
                "(2024-03-04T10:00:00+01:00). If the record has only the date, the EPJ vendor "
                "sends the date alone.",
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
            text_no="Starttidspunktet ligger fram i tid, men oppmøtet er registrert som møtt eller "
            "ikke møtt.",
            text_en="The start is in the future, but the attendance is attended or not attended.",
            action=Action(
                (Responsible.EPJ_VENDOR, Responsible.HEALTH_STATION),
                "Leverandøren kontrollerer at uttrekket har riktig avvik fra UTC, og riktig "
                "oppmøtestatus for framtidige timer. Er journalen feil, retter virksomheten den og "
                "sender hendelsen på nytt.",
                "The EPJ vendor checks that the export has the right offset from UTC, and the "
                "right attendance for future appointments. If the record is wrong, the health "
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
            text_no="Starttidspunktet ligger mer enn fem år fram i tid. Årstallet er trolig feil.",
            text_en="The start is more than five years ahead. The year is probably wrong.",
            action=CHECK_RECORD,
            check=col("start") <= (col("_received_at") + FAR_AHEAD_MS) * 1000,
        ),
        Rule(
            id="START_BEFORE_REGISTER",
            severity=Severity.WARN,
            message_types=BOTH,
            field="start",
            text_no="Starttidspunktet er før desember 2016. Registeret begynner i 2017.",
            text_en="The start is before December 2016. The register begins in 2017.",
            action=Action(
                (Responsible.EPJ_VENDOR, Responsible.HEALTH_STATION),
                "Leverandøren tar ikke med konsultasjoner fra før 2017. Er datoen feil i "
                "journalen, retter virksomheten den og sender hendelsen på nytt.",
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
            text_no="Avviket fra UTC er ikke avviket som gjaldt i Norge på tidspunktet (60 "
            "minutter om vinteren, 120 om sommeren). Klokkeslettet er trolig en time feil.",
            text_en="The offset from UTC is not the one in force in Norway at that time (60 "
            "minutes in winter, 120 in summer). The time is probably one hour wrong.",
            action=Action(
                (Responsible.EPJ_VENDOR,),
                "Leverandøren skriver tidspunktet med avviket som gjaldt på tidspunktet "
                "(2024-03-04T10:00:00+01:00, 2024-07-04T10:00:00+02:00), eller i UTC (…Z).",
                "The EPJ vendor writes the time with the offset in force at that time "
                "(2024-03-04T10:00:00+01:00, 2024-07-04T10:00:00+02:00), or in UTC (…Z).",
            ),
            check=(col("start_offset_minutes") == 0)
            | (col("start_offset_minutes") == col("_norwegian_offset"))
            | (col("start") < FIRST_START),
        ),
    )
