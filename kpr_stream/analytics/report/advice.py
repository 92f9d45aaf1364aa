"""Advise a leader of health stations on what is not taken in: what to ask, and of which party.

The texts of the rules and of the causes of refusal are for those who write the sender's program. A
leader does not change that program: the leader needs to know what it means, and what to ask for.
Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kpr_stream.model.words import Refusal

VENDOR: Final = "EPJ-leverandøren"
STATION: Final = "Helsestasjonen"
BOTH: Final = f"{STATION} og {VENDOR}"
REGISTER: Final = "FHI"


@dataclass(frozen=True, slots=True)
class LeaderAdvice:
    """What is wrong, what to do, and who does it, in Bokmål."""

    what: str
    do: str
    who: str


_NO_ID: Final = LeaderAdvice(
    what="Journalsystemet sender hendelsen uten sin egen id. Da kan den verken rettes eller "
    "slettes senere.",
    do="Be leverandøren sende journalens id for hver hendelse, og sende disse på nytt.",
    who=VENDOR,
)
_START: Final = LeaderAdvice(
    what="Starttidspunktet mangler eller kan ikke leses.",
    do="Be leverandøren sende dato og klokkeslett slik kontrakten sier, og sende disse på nytt.",
    who=VENDOR,
)
OF_RULES: Final = {
    "CONSULTATION_ID_MISSING": _NO_ID,
    "APPOINTMENT_ID_MISSING": _NO_ID,
    "CONSULTATION_ID_UNREADABLE": _NO_ID,
    "APPOINTMENT_ID_UNREADABLE": _NO_ID,
    "OPERATION_UNKNOWN": LeaderAdvice(
        what="Det går ikke fram om hendelsen er ny, endret eller slettet.",
        do="Be leverandøren rette uttrekket og sende disse på nytt.",
        who=VENDOR,
    ),
    "ITEM_NOT_DECODED": LeaderAdvice(
        what="Hendelsen har tegn eller tall som ikke kan leses.",
        do="Be leverandøren finne hendelsene i kvitteringen, rette uttrekket og sende dem på nytt.",
        who=VENDOR,
    ),
    "START_MISSING": _START,
    "START_UNREADABLE": _START,
    "START_IMPOSSIBLE": LeaderAdvice(
        what="Datoen kan ikke stemme: den er for gammel, eller den har ikke vært ennå.",
        do="Finn konsultasjonene i journalen og rett datoen der den er feil. Er den riktig i "
        "journalen, be leverandøren rette uttrekket.",
        who=BOTH,
    ),
}
"""What to do about each rule that rejects an item."""

_PROGRAM: Final = (
    "Be leverandøren lese kvitteringen, rette programmet og sende på nytt. Spør når det er gjort, "
    "og om andre kommuner har samme feil."
)
OF_REFUSALS: Final = {
    Refusal.UNDECODABLE: LeaderAdvice("Innsendingen kan ikke leses.", _PROGRAM, VENDOR),
    Refusal.TOO_LARGE: LeaderAdvice(
        "Innsendingen er for stor.", "Be leverandøren dele den og sende delene.", VENDOR
    ),
    Refusal.TOO_MANY_ITEMS: LeaderAdvice(
        "Innsendingen har for mange hendelser.", "Be leverandøren dele den og sende delene.", VENDOR
    ),
    Refusal.UNKNOWN_MESSAGE_TYPE: LeaderAdvice(
        "Innsendingen er av en type som registeret ikke kjenner.", _PROGRAM, VENDOR
    ),
    Refusal.UNKNOWN_CONTRACT: LeaderAdvice(
        "Innsendingen følger en versjon av kontrakten som ikke gjelder.",
        "Be leverandøren oppgradere til en versjon som gjelder, og sende på nytt.",
        VENDOR,
    ),
    Refusal.CLOCK_AHEAD: LeaderAdvice(
        "Klokken på maskinen som lager uttrekket, går for fort.",
        "Be den som drifter maskinen, stille klokken. Be så leverandøren sende på nytt.",
        BOTH,
    ),
    Refusal.CLOCK_BEHIND: LeaderAdvice(
        "Klokken på maskinen som lager uttrekket, står på et tidspunkt før 2017.",
        "Be den som drifter maskinen, stille klokken. Be så leverandøren sende på nytt.",
        BOTH,
    ),
    Refusal.NO_AGREEMENT: LeaderAdvice(
        "Det er ikke avtalt at virksomheten rapporterer fra dette systemet på denne datoen.",
        "Avtal første dato med FHI. Be så leverandøren sende på nytt.",
        f"{STATION} og {REGISTER}",
    ),
    Refusal.RELEASE_STOPPED: LeaderAdvice(
        "FHI tar ikke imot mer fra denne versjonen av journalsystemet, fordi for mye ble avvist. "
        "Ingenting går tapt.",
        "Spør leverandøren når en rettet versjon kommer, og når dere får den.",
        VENDOR,
    ),
    Refusal.RELEASE_NOT_ADMITTED: LeaderAdvice(
        "FHI tar ikke imot data fra denne versjonen av journalsystemet, fordi den ikke er "
        "godkjent. Ingenting går tapt.",
        "Spør leverandøren når versjonen blir godkjent, og når dere får en som er det.",
        VENDOR,
    ),
    Refusal.CLEAR_PAYLOAD: LeaderAdvice(
        "Innsendingen er ikke kryptert.",
        "Be leverandøren stanse sendingen, slå på kryptering og sende på nytt. Meld fra om avviket "
        "til personvernombudet.",
        BOTH,
    ),
    Refusal.UNKNOWN_KEY: LeaderAdvice(
        "Innsendingen er kryptert med en nøkkel som FHI ikke bruker.",
        "Be leverandøren hente den gjeldende nøkkelen og sende på nytt.",
        VENDOR,
    ),
    Refusal.DECRYPTION_FAILED: LeaderAdvice("Innsendingen kan ikke dekrypteres.", _PROGRAM, VENDOR),
    Refusal.DIGEST_MISMATCH: LeaderAdvice(
        "Innholdet er endret etter at kontrollsummen ble laget, eller summen er laget feil.",
        _PROGRAM,
        VENDOR,
    ),
    Refusal.COUNT_MISMATCH: LeaderAdvice(
        "Innsendingen har et annet antall hendelser enn den oppgir.", _PROGRAM, VENDOR
    ),
    Refusal.RECEIVER_FAILED: LeaderAdvice(
        "Innsendingen kan ikke behandles hos FHI. Feilen kan være hos FHI.",
        "Be leverandøren kontakte FHI med kvitteringen.",
        f"{VENDOR} og {REGISTER}",
    ),
}
"""What to do about each reason for which a unit waits."""


def advice_on_refusal(reason: str | None) -> LeaderAdvice:
    """Return the advice on a reason; of a reason of a later release the code itself."""
    known = {str(one): advice for one, advice in OF_REFUSALS.items()}
    unknown = LeaderAdvice(f"Kode: {reason}." if reason else "", _PROGRAM, VENDOR)
    return known.get(reason or "", unknown)
