"""The words of KPR Stream, once. Code uses the English ones, texts for vendors the Norwegian.

| English      | Norwegian      | meaning |
| system       | EPJ-system     | one of the four electronic health record systems |
| unit         | virksomhet     | a reporting unit, by its 9-digit org_nr |
| delivery     | innsending     | the items that a unit sends at once: 0..n items for a period |
| item         | hendelse       | one consultation or appointment event: an upsert or a delete |
| receipt      | kvittering     | the answer to one delivery |
| outcome      | utfall         | the result for an item: exactly one of seven |
| severity     | alvorlighet    | of a finding: reject, set aside, warn |
| quarantine   | karantene      | where rejected items are kept, encrypted |
| reservation  | reservasjon    | a person's no to the registration of some kinds of data |
| person key   | pseudonym      | keyed HMAC of the national id; never the id itself |

The technical words, as modules, classes and fields use them:

| word         | meaning |
| lane         | partition i of all source topics, with one owner, one ledger and one producer |
| fence        | to end the transactions of a lane's earlier owner, by Kafka's producer epoch |
| ledger       | what a lane knows: a RocksDB that caches its output topics, never their source |
| entry        | one key and value of a ledger |
| ledger header | 80 bytes on every output record, enough to rebuild its ledger entry |
| overlay      | a batch's own entries over the ledger's, written into it after the commit |
| watermark    | the next offset of an output topic that a ledger has to read |
| catch_up     | to read what the output topics hold beyond a ledger's watermarks |
| rebuild      | to fill an empty ledger from the output topics alone |
| batch        | the deliveries of one lane that one transaction decides and writes |
| unit of work | a batch in progress: the overlay, and the records and states to write |
| frame        | the items of a batch as one Polars table |
| sequence     | a unit's running number of a delivery; the next one is expected |
| gap          | sequences that an operator let a unit skip; they may still be delivered |
| blocked      | of a unit: its next delivery was refused, and it waits for a corrected one |
| finding      | a rule that an item broke |
| stale        | an outcome: a newer version of the item is known |
| superseded   | an outcome: a newer system of the unit holds the same consultation |
| natural key  | hash of person, unit and start minute: where two systems' records of a visit meet |
| marker       | a record without content: deleted or superseded |
| revision     | how often a record was written again without a new report of its own system |
| content hash | keyed hash of an item's canonical content: a repeat has the hash that is known |
| evidence     | what a link between two person keys rests on: item, local person or operator |
| stop mark    | the hash that an erasure leaves, so that the person is never registered again |
| sandbox      | a child process that runs a suspect alone; a receiver on a vendor's own machine |
| trial        | one run of a sender against a receiver that plays faults |
| suspect      | a delivery that was in progress when a worker died |
| sealed       | encrypted under a key of the receiver, bound to its record's key |
| outbox       | the connector's queue of deliveries that are not acknowledged yet |
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
    """The content of a delivery. A hello has none: it asks which sequence is expected."""

    CONSULTATION = "consultation"
    APPOINTMENT = "appointment"
    HELLO = "hello"


class Operation(StrEnum):
    """What an item asks for. KEEP is an entry of a deletion list that is not deleted: a no-op."""

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
    """The result for an item, exactly one. Their counts always add up to what was received."""

    ACCEPTED = "accepted"  # godtatt
    CORRECTED = "corrected"  # rettet
    DELETED = "deleted"  # slettet
    DUPLICATE = "duplicate"  # duplikat
    SUPERSEDED = "superseded"  # erstattet
    STALE = "stale"  # utdatert
    REJECTED = "rejected"  # avvist


OUTCOMES: tuple[Outcome, ...] = tuple(Outcome)


class Severity(StrEnum):
    """What a finding costs: the item, the value, or nothing but a note in the receipt."""

    REJECT = "reject"  # avvist
    SET_ASIDE = "set_aside"  # satt til side
    WARN = "warn"  # advarsel


class ReceiptStatus(StrEnum):
    """The result for a delivery as a whole."""

    PROCESSED = "processed"
    REPEATED = "repeated"
    REFUSED = "refused"
    OUT_OF_ORDER = "out_of_order"
    SEQUENCE_REUSED = "sequence_reused"
    TOO_OLD = "too_old"
    HELLO = "hello"
    REPLAYED = "replayed"


class Refusal(StrEnum):
    """Why a whole delivery was refused. The unit is blocked until a corrected one arrives."""

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
    CLOCK_BEHIND = "CLOCK_BEHIND"
    RECEIVER_FAILED = "RECEIVER_FAILED"
    NO_AGREEMENT = "NO_AGREEMENT"
    RELEASE_STOPPED = "RELEASE_STOPPED"
    RELEASE_NOT_ADMITTED = "RELEASE_NOT_ADMITTED"


class Cause(StrEnum):
    """Why a whole delivery was refused, exactly: the sub-code of a receipt."""

    WRONG_SYSTEM = "WRONG_SYSTEM"
    INVALID_ORG_NR = "INVALID_ORG_NR"
    WRONG_KEY = "WRONG_KEY"
    WRONG_PARTITION = "WRONG_PARTITION"
    NO_VALUE = "NO_VALUE"
    NO_FRAME = "NO_FRAME"
    ENVELOPE_NOT_READABLE = "ENVELOPE_NOT_READABLE"
    RECORD_TOO_LARGE = "RECORD_TOO_LARGE"
    UNKNOWN_MESSAGE_TYPE = "UNKNOWN_MESSAGE_TYPE"
    DELIVERY_ID_NOT_UUID = "DELIVERY_ID_NOT_UUID"
    ATTEMPT_BELOW_ONE = "ATTEMPT_BELOW_ONE"
    HELLO_WITH_CONTENT = "HELLO_WITH_CONTENT"
    SEQUENCE_BELOW_ONE = "SEQUENCE_BELOW_ONE"
    ITEM_COUNT_NEGATIVE = "ITEM_COUNT_NEGATIVE"
    DIGEST_NOT_32_BYTES = "DIGEST_NOT_32_BYTES"
    CLOCK_AHEAD = "CLOCK_AHEAD"
    CLOCK_BEHIND = "CLOCK_BEHIND"
    CONTRACT_VERSION_UNKNOWN = "CONTRACT_VERSION_UNKNOWN"
    NO_AGREEMENT = "NO_AGREEMENT"
    RELEASE_STOPPED = "RELEASE_STOPPED"
    CLEAR_PAYLOAD = "CLEAR_PAYLOAD"
    UNKNOWN_KEY = "UNKNOWN_KEY"
    WRAPPED_KEY_NOT_DECRYPTED = "WRAPPED_KEY_NOT_DECRYPTED"
    PAYLOAD_NOT_DECRYPTED = "PAYLOAD_NOT_DECRYPTED"
    DIGEST_MISMATCH = "DIGEST_MISMATCH"
    NOT_A_CONTAINER = "NOT_A_CONTAINER"
    CODEC_UNKNOWN = "CODEC_UNKNOWN"
    OTHER_SCHEMA = "OTHER_SCHEMA"
    CONTAINER_DAMAGED = "CONTAINER_DAMAGED"
    BLOCK_NOT_INFLATED = "BLOCK_NOT_INFLATED"
    INFLATED_TOO_LARGE = "INFLATED_TOO_LARGE"
    TOO_MANY_ITEMS = "TOO_MANY_ITEMS"
    COUNT_MISMATCH = "COUNT_MISMATCH"
    ITEMS_NOT_READABLE = "ITEMS_NOT_READABLE"
    ITEM_TOO_LARGE = "ITEM_TOO_LARGE"
    RECEIVER_FAILED = "RECEIVER_FAILED"
    RELEASE_NOT_ADMITTED = "RELEASE_NOT_ADMITTED"


class Note(StrEnum):
    """What is not right in an envelope and costs nothing."""

    SOFTWARE_VERSION_EMPTY = "SOFTWARE_VERSION_EMPTY"
    SOFTWARE_VERSION_TOO_LONG = "SOFTWARE_VERSION_TOO_LONG"
    SOFTWARE_VERSION_LIKE_ID = "SOFTWARE_VERSION_LIKE_ID"
    PERIOD_REVERSED = "PERIOD_REVERSED"
    PERIOD_BEFORE_2017 = "PERIOD_BEFORE_2017"
    PERIOD_AFTER_TODAY = "PERIOD_AFTER_TODAY"


class Resend(StrEnum):
    """What the sender sends after a refusal."""

    CORRECTED = "corrected"  # the corrected delivery: same sequence, next attempt
    UNCHANGED = (
        "unchanged"  # the same delivery, once the cause is gone: same sequence, next attempt
    )


class RecordStatus(StrEnum):
    """The state of a cleaned record. Deleted and superseded records are markers."""

    LIVE = "live"
    DELETED = "deleted"
    SUPERSEDED = "superseded"
