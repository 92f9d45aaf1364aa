"""Limits that several rooms share.

``RECEIVER`` is the one table of what a delivery may be. The receiver refuses what is beyond it, and
the connector cuts by it (``connectors/delivery/pack.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

FRAME_MAX_ITEMS: Final = 1000
"""Default of the items in a micro-batch. The dry run uses the same number, without the settings:
a vendor's dry run needs Polars and fastavro only."""

COLUMNS_FROM_ITEMS: Final = 30
"""Default of the items from which a micro-batch is decided in columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryLimits:
    """The most that one delivery may have of each."""

    items: int
    """Bounds the time one delivery can hold a lane."""
    item_bytes: int
    """Avro bytes of one item. A rejected item is one record on the quarantine topic, whose records
    and the worker's requests end at 1 MB."""
    inflated_bytes: int
    """Avro bytes of all items. A 1 MB deflate bomb would otherwise take hundreds of MB."""
    record_bytes: int
    """The whole record on the delivery topic, as Kafka counts it: the encrypted payload, its
    envelope, the key and the header of a batch of one. It is the topic's ``max.message.bytes``."""


RECEIVER: Final = DeliveryLimits(
    items=20_000, item_bytes=900_000, inflated_bytes=16_000_000, record_bytes=4_000_000
)
"""What the receiver takes. Part of the contract with senders (docs/vendor/receipts.md)."""

ENVELOPE_BYTES: Final = 16_000
"""Room in a record for all but the clear payload: the fields of the envelope, the wrapped key, the
tag of the encryption, and Kafka's own headers of a batch."""

SOFTWARE_VERSION_CHARS: Final = 100
"""Longest software version that a connector sends. The version is a key of the register's table of
releases."""

CLOCK_TOLERANCE_MS: Final = 10 * 60 * 1000
"""How far ahead of the broker a sender's clock may be. Newer content wins by the time of
extraction, so a wrong clock would win over every later correction."""

FIRST_EXTRACTION_MS: Final = 1_483_228_800_000
"""2017-01-01. Nothing was reported before: an earlier time is a clock that was never set."""

VERSION_LETTERS: Final = 64
"""Letters of a software version: it names a release in lists, metrics and messages."""

HEADING_LETTERS: Final = 200
"""Letters of a text in a delivery's envelope; the rest is cut off."""

MAX_SEARCHED_BYTES: Final = 200
"""Bytes of a sender's own id or name, in UTF-8."""

MAX_TIME_LETTERS: Final = 64
"""Letters of a date or time. The longest form with nine decimals has 36."""

MAX_NUMBER_LETTERS: Final = 40
"""Letters of a measure or count."""

MAX_ROLES: Final = 50
"""Practitioner roles of an item. There are some 20 codes."""

MAX_UNREADABLE_NAMES: Final = 100
"""Names in an item's list of unreadable fields. The contract has fewer fields."""

MAX_FILE_BYTES: Final = 256_000_000
"""Bytes of an export file."""

MAX_NESTING: Final = 1_000
"""Arrays and objects inside each other in an export: the bound that Python 3.11's own reader keeps.
The format has four."""

MAX_RESOURCE_LETTERS: Final = 1_000_000
"""Letters of one FHIR resource, or bytes of one line of NDJSON. An encounter has some thousand."""

MAX_RESOURCE_NESTING: Final = 64
"""Arrays and objects inside each other in a FHIR resource. The deepest that is read has seven."""

MAX_RESOURCES: Final = 50_000_000
"""FHIR resources of one snapshot. Bounds the disk that its index takes."""

MAX_OBSERVATIONS: Final = 200
"""Observations of one encounter that are looked at."""

MAX_REFERENCE_LETTERS: Final = 500
"""Letters of a FHIR reference or full URL."""

MAX_CODINGS: Final = 50
"""Codings of one FHIR element, identifiers of one resource, extensions of one element."""

NAME_LETTERS: Final = 40
"""Letters of a key that may be a name of the format."""

MAX_KEYS_SHOWN: Final = 100
"""Keys outside the format that a dry run lists."""

MAX_SCHEMA_BYTES: Final = 262_144
"""Bytes of the schema in a payload. Ours, with all documentation, has some 12 kB."""

MAX_METADATA: Final = 64
"""Metadata entries of a payload. Writers put two to four."""

COMMAND_LETTERS: Final = 1_000
"""Letters of an account or a reason in a command."""

COMMAND_KEYS: Final = 100
"""Consultations in one mark command: one transaction holds them, each content is read back."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A bound on what a sender writes, as the vendors' page shows it."""

    what: str
    norwegian: str
    most: int
    unit: str
    beyond: str
    prevents: str


_A_LANE = "A delivery that holds a lane for minutes: all units of the lane wait."
_MEMORY = "A process that ends for want of memory."

BOUNDS: Final = (
    Bound(
        "items of a delivery",
        "hendelser i en innsending",
        RECEIVER.items,
        "items",
        "The delivery is refused (`TOO_MANY_ITEMS`). The connector cuts before.",
        _A_LANE,
    ),
    Bound(
        "an item",
        "en hendelse",
        RECEIVER.item_bytes,
        "bytes of Avro",
        "The delivery is refused (`TOO_LARGE`). The connector leaves the item out and reports it.",
        "A record that no broker takes.",
    ),
    Bound(
        "the payload of a delivery, inflated",
        "innholdet i en innsending, pakket ut",
        RECEIVER.inflated_bytes,
        "bytes",
        "The delivery is refused (`TOO_LARGE`); inflating stops at the bound.",
        _MEMORY,
    ),
    Bound(
        "a delivery's record, as Kafka counts it: key, value and some 90 bytes around them",
        "posten med en innsending, slik Kafka teller: nøkkel, verdi og rundt 90 byte til",
        RECEIVER.record_bytes,
        "bytes",
        "The broker refuses it (`MESSAGE_TOO_LARGE`): there is no receipt. Clients have a limit of "
        "their own, often 1 MB: raise `max.request.size` (librdkafka: `message.max.bytes`). A "
        "cluster with a higher limit leaves it to the receiver (`TOO_LARGE`).",
        _MEMORY,
    ),
    Bound(
        "the schema in the payload",
        "skjemaet i innholdet",
        MAX_SCHEMA_BYTES,
        "bytes",
        "The delivery is refused (`UNKNOWN_CONTRACT`); the schema is not parsed.",
        _A_LANE,
    ),
    Bound(
        "metadata of the payload",
        "metadata i innholdet",
        MAX_METADATA,
        "entries",
        "The delivery is refused (`UNDECODABLE`).",
        _A_LANE,
    ),
    Bound(
        "a text in the envelope",
        "en tekst i konvolutten",
        HEADING_LETTERS,
        "letters",
        "The rest is cut off. A code or number of this length is not valid, and has its finding.",
        "Work for each item with a text that all items share.",
    ),
    Bound(
        "the software version in the envelope",
        "programvareversjonen i konvolutten",
        VERSION_LETTERS,
        "letters",
        "The version is not stored; receipt version 2 notes it.",
        "Lists, metrics and messages that a long name makes unreadable.",
    ),
    Bound(
        "ids and names of the sender: local ids, group, department, local type",
        "avsenderens id-er og navn: lokale id-er, gruppe, avdeling, lokal type",
        MAX_SEARCHED_BYTES,
        "bytes in UTF-8",
        "The text is set aside (`TEXT_TOO_LONG_…`) and not searched for national ids. A local id "
        "still identifies its item, but no receipt repeats it (`LOCAL_ID_TOO_LONG`).",
        _A_LANE,
    ),
    Bound(
        "practitioner roles of an item",
        "helsepersonellroller i en hendelse",
        MAX_ROLES,
        "roles",
        "All are set aside (`PRACTITIONER_ROLES_TOO_MANY`).",
        "A cleaned record that no broker takes.",
    ),
    Bound(
        "names of unreadable fields in an item",
        "navn på felt som ikke kan leses",
        MAX_UNREADABLE_NAMES,
        "names",
        "Later names are not looked at.",
        _MEMORY,
    ),
    Bound(
        "a date or time in an export",
        "en dato eller et tidspunkt i et uttrekk",
        MAX_TIME_LETTERS,
        "letters",
        "The value cannot be read.",
        "Work on a text that is no time.",
    ),
    Bound(
        "a number in an export",
        "et tall i et uttrekk",
        MAX_NUMBER_LETTERS,
        "letters",
        "The value cannot be read.",
        "Arithmetic with thousands of digits; `1e400000` as a whole number fills the memory.",
    ),
    Bound(
        "nesting of an export",
        "nivåer i et uttrekk",
        MAX_NESTING,
        "levels",
        "The file is refused before anything of it is used.",
        "A reader that runs out of stack.",
    ),
    Bound(
        "a FHIR resource, a line of NDJSON",
        "en FHIR-ressurs, en linje i NDJSON",
        MAX_RESOURCE_LETTERS,
        "letters",
        "The snapshot is refused before anything of it is sent.",
        _MEMORY,
    ),
    Bound(
        "nesting of a FHIR resource",
        "nivåer i en FHIR-ressurs",
        MAX_RESOURCE_NESTING,
        "levels",
        "The snapshot is refused before anything of it is sent.",
        "A reader that runs out of stack.",
    ),
    Bound(
        "resources of a FHIR snapshot",
        "ressurser i et FHIR-uttrekk",
        MAX_RESOURCES,
        "resources",
        "The snapshot is refused before anything of it is sent.",
        "An index that fills the disk.",
    ),
    Bound(
        "observations of a FHIR encounter",
        "observasjoner på en FHIR-kontakt",
        MAX_OBSERVATIONS,
        "observations",
        "The encounter is left out and reported.",
        _MEMORY,
    ),
    Bound(
        "a FHIR reference",
        "en FHIR-referanse",
        MAX_REFERENCE_LETTERS,
        "letters",
        "It counts as one that cannot be found.",
        _MEMORY,
    ),
    Bound(
        "codings, identifiers or extensions of a FHIR element",
        "kodinger, identifikatorer eller utvidelser i et FHIR-element",
        MAX_CODINGS,
        "entries",
        "Later ones are not looked at.",
        _MEMORY,
    ),
    Bound(
        "an export file",
        "en uttrekksfil",
        MAX_FILE_BYTES,
        "bytes",
        "The file is refused before it is read.",
        _MEMORY,
    ),
    Bound(
        "a key of an export that a message repeats",
        "en nøkkel i et uttrekk som en melding gjentar",
        NAME_LETTERS,
        "letters",
        "The message says `*`, or leaves the key out.",
        "A personal text in a message or a log.",
    ),
    Bound(
        "keys outside the format that a dry run lists",
        "nøkler utenfor formatet som en prøvekjøring viser",
        MAX_KEYS_SHOWN,
        "keys",
        "The most frequent are listed.",
        "A dry run that compares thousands of keys with the format's.",
    ),
    Bound(
        "an account or a reason in a command",
        "en konto eller en grunn i en kommando",
        COMMAND_LETTERS,
        "letters",
        "The rest is cut off.",
        "An audit log that grows without end.",
    ),
    Bound(
        "consultations in a command that marks them",
        "konsultasjoner i en kommando som merker dem",
        COMMAND_KEYS,
        "keys",
        "The command is refused (`BAD_ARGUMENT`).",
        _A_LANE,
    ),
)
"""Every bound on what comes from outside. ``docs/vendor/limits.md`` is made from this table."""
