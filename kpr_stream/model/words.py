"""The words of KPR Stream, once. Code uses the English ones, texts for vendors the Norwegian.

| English      | Norwegian      | meaning |
| system       | EPJ-system     | one of the four electronic health record systems |
| unit         | virksomhet     | a reporting unit, by its 9-digit org_nr |
| delivery     | innsending     | what one unit sends at once: 0..n items for a period |
| item         | hendelse       | one consultation or appointment event: an upsert or a delete |
| receipt      | kvittering     | the answer to one delivery |
| outcome      | utfall         | what became of an item: exactly one of seven |
| severity     | alvorlighet    | of a finding: reject, set aside, warn |
| quarantine   | karantene      | where rejected items are kept, encrypted |
| reservation  | reservasjon    | a person's no to the registration of some kinds of data |
| person key   | pseudonym      | keyed HMAC of the national id; never the id itself |
| lane         | -              | partition i of all delivery topics and of the command topic: |
|              |                | one owner, one ledger, one producer |
"""

from __future__ import annotations

from enum import StrEnum

from kpr_stream.errors import UsageError


class System(StrEnum):
    """EPJ systems that report. The value is the word in topics, records and labels."""

    VISMA_HSPRO = "visma-hspro"
    EG_INFODOC = "eg-infodoc"
    CGM_HELSESTASJON = "cgm-helsestasjon"
    HELSEPLATTFORMEN = "helseplattformen"


SYSTEMS: tuple[System, ...] = tuple(System)


def system_number(system: System) -> int:
    """Return a system's number in headers and ledgers: its place in SYSTEMS, from 1."""
    return SYSTEMS.index(system) + 1


def system_named(name: str) -> System:
    """Return the system of that name; UsageError lists the names there are."""
    try:
        return System(name)
    except ValueError:
        raise UsageError(
            f"There is no EPJ system {name}.", what_to_do=f"Name one of {', '.join(SYSTEMS)}."
        ) from None


class MessageType(StrEnum):
    """What a delivery carries. A hello carries nothing: it asks where to go on."""

    CONSULTATION = "consultation"
    APPOINTMENT = "appointment"
    HELLO = "hello"


class Operation(StrEnum):
    """What an item asks for. KEEP is a deletion list entry that says «not deleted»: a no-op."""

    UPSERT = "upsert"
    DELETE = "delete"
    KEEP = "keep"


class Service(StrEnum):
    """Services of a unit; one unit may cover several."""

    HELSESTASJON_0_5 = "HELSESTASJON_0_5"
    SKOLEHELSETJENESTE = "SKOLEHELSETJENESTE"
    HFU = "HFU"
    SVANGERSKAP_BARSEL = "SVANGERSKAP_BARSEL"


class Outcome(StrEnum):
    """What became of an item, exactly one. Their sum is what was received, always."""

    ACCEPTED = "accepted"  # godtatt
    CORRECTED = "corrected"  # rettet
    DELETED = "deleted"  # slettet
    DUPLICATE = "duplicate"  # duplikat
    SUPERSEDED = "superseded"  # erstattet
    STALE = "stale"  # utdatert
    REJECTED = "rejected"  # avvist


OUTCOMES: tuple[Outcome, ...] = tuple(Outcome)


class Severity(StrEnum):
    """How much a finding matters: the item goes, the value goes, or only a word is said."""

    REJECT = "reject"  # avvist
    SET_ASIDE = "set_aside"  # satt til side
    WARN = "warn"  # advarsel


class ReceiptStatus(StrEnum):
    """What became of a delivery as a whole."""

    PROCESSED = "processed"
    REPEATED = "repeated"
    REFUSED = "refused"
    OUT_OF_ORDER = "out_of_order"
    SEQUENCE_REUSED = "sequence_reused"
    TOO_OLD = "too_old"
    HELLO = "hello"
    REPLAYED = "replayed"


class Refusal(StrEnum):
    """Why a delivery was refused whole. The unit is blocked at its sequence until mended."""

    WRONG_PARTITION = "WRONG_PARTITION"
    WRONG_KEY = "WRONG_KEY"
    WRONG_SYSTEM = "WRONG_SYSTEM"
    INVALID_ORG_NR = "INVALID_ORG_NR"
    UNKNOWN_CONTRACT = "UNKNOWN_CONTRACT"
    UNKNOWN_MESSAGE_TYPE = "UNKNOWN_MESSAGE_TYPE"
    UNDECODABLE = "UNDECODABLE"
    CLEAR_PAYLOAD = "CLEAR_PAYLOAD"
    UNKNOWN_KEY = "UNKNOWN_KEY"
    DECRYPTION_FAILED = "DECRYPTION_FAILED"
    DIGEST_MISMATCH = "DIGEST_MISMATCH"
    COUNT_MISMATCH = "COUNT_MISMATCH"
    TOO_MANY_ITEMS = "TOO_MANY_ITEMS"
    TOO_LARGE = "TOO_LARGE"
    CLOCK_AHEAD = "CLOCK_AHEAD"
    RECEIVER_FAILED = "RECEIVER_FAILED"
    NO_AGREEMENT = "NO_AGREEMENT"
    RELEASE_STOPPED = "RELEASE_STOPPED"


class RecordStatus(StrEnum):
    """State of a cleaned record. Deleted and superseded ones are markers without content."""

    LIVE = "live"
    DELETED = "deleted"
    SUPERSEDED = "superseded"
