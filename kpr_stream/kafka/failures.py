"""Say what a failure of a Kafka client means: one table, by the class of the failure. Pure.

Classes are recognised by name, so that no Kafka client is needed. "Cannot be reached" is the text
of failures to connect alone; a broker that answers with a refusal has been reached.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a failure means: the end of a sentence that begins with the broker, and what to do.

    ``{user}`` is the principal, ``{kind}`` the class of the failure.
    """

    text: str
    what_to_do: str


ACLS = (
    "Use another login (docs/operate/logins.md), or compare the cluster's ACLs with "
    "docs/operate/topics.md."
)
_BROKERS = "Look at the health of the brokers; the same request may succeed later."
_LOGIN = Meaning(
    "refuses the login of {user}.",
    "Check KPR_KAFKA_USERNAME and KPR_KAFKA_PASSWORD. A client with librdkafka below 2.6.1 is "
    "refused with the right password too: its SCRAM sends the nonce twice.",
)
_UNREACHABLE = Meaning(
    "cannot be reached ({kind}).",
    "Check that it runs (`kpr-stream status`) and that the address is right.",
)
_FAILED = Meaning("failed a request of {user} ({kind}).", "See the broker's log at this time.")
_CERTIFICATE = Meaning(
    "has a certificate that is not trusted, or speaks no TLS ({kind}).",
    "Check KPR_KAFKA_CA_FILE and KPR_KAFKA_SECURITY_PROTOCOL.",
)

_CONNECTING = (
    *("KafkaConnectionError", "NodeNotReadyError", "NoBrokersAvailable", "KafkaUnavailableError"),
    *("StaleMetadata", "MetadataEmptyBrokerList"),
)
"""Failures to connect that are no OSError."""

_BY_KIND: tuple[tuple[Iterable[str], Meaning], ...] = (
    (
        ("UnsupportedSaslMechanismError", "IllegalSaslStateError", "SecurityDisabled"),
        Meaning(
            "does not offer this kind of login ({kind}).",
            "Check KPR_KAFKA_SASL_MECHANISM and KPR_KAFKA_SECURITY_PROTOCOL.",
        ),
    ),
    (
        ("UnknownTopicOrPartitionError", "InvalidTopicError"),
        Meaning(
            "has no topics of KPR, or not this one ({kind}).",
            "Check that this is the register's cluster (docs/operate/topics.md).",
        ),
    ),
    (
        ("MessageSizeTooLargeError", "RecordListTooLargeError", "RecordTooLargeError"),
        Meaning(
            "takes no record of this size ({kind}).",
            "Compare max.message.bytes of the topics with docs/operate/topics.md.",
        ),
    ),
    (
        ("InvalidTimestampError", "PolicyViolationError", "InvalidRecord"),
        Meaning(
            "takes no record of this form ({kind}).",
            "Compare the settings of the topics with docs/operate/topics.md.",
        ),
    ),
    (
        # The client gives a broker that stays silent this error too.
        ("RequestTimedOutError", "KafkaTimeoutError"),
        Meaning("cannot be reached any more, or did not answer in time ({kind}).", _BROKERS),
    ),
    (
        ("LeaderNotAvailableError", "NotLeaderForPartitionError", "ReplicaNotAvailableError"),
        Meaning("has no leader for a partition now ({kind}).", _BROKERS),
    ),
    (
        ("NotEnoughReplicasError", "NotEnoughReplicasAfterAppendError"),
        Meaning("has too few replicas in sync to take a record ({kind}).", _BROKERS),
    ),
    (
        (
            "GroupCoordinatorNotAvailableError",
            "NotCoordinatorForGroupError",
            "GroupLoadInProgressError",
            "ConcurrentTransactions",
            "CoordinatorLoadInProgressError",
        ),
        Meaning("is moving or loading a coordinator ({kind}).", _BROKERS),
    ),
    (
        ("KafkaStorageError", "LogDirNotFound", "CorruptRecordException"),
        Meaning("reports a fault of its disks ({kind}).", "Look at the brokers' disks."),
    ),
    (
        (
            "UnsupportedVersionError",
            "IncompatibleBrokerVersion",
            "UnrecognizedBrokerVersion",
            "UnsupportedForMessageFormatError",
        ),
        Meaning("is too old for this release ({kind}).", "Use Kafka 4.1 or later."),
    ),
    (
        (
            "ProducerFenced",
            "InvalidProducerEpoch",
            "InvalidTxnState",
            "InvalidProducerIdMapping",
            "OutOfOrderSequenceNumber",
            "UnknownProducerId",
            "TransactionCoordinatorFenced",
        ),
        Meaning(
            "refuses a transaction of {user} ({kind}).",
            "Nothing, if another worker has taken its lane over; else see the broker's log.",
        ),
    ),
)
_MEANINGS = {kind: meaning for kinds, meaning in _BY_KIND for kind in kinds}


def meaning_of(cause: BaseException) -> Meaning:
    """Return what a failure means."""
    kind = type(cause).__name__
    if kind in _MEANINGS:
        return _MEANINGS[kind]
    if "Authorization" in kind:
        return Meaning("does not allow {user} to do this ({kind}).", ACLS)
    if "Authentication" in kind or "SASL" in str(cause):
        return _LOGIN
    if isinstance(cause, ssl.SSLError):
        return _CERTIFICATE
    return _UNREACHABLE if kind in _CONNECTING or isinstance(cause, OSError) else _FAILED


def is_unreachable(cause: BaseException) -> bool:
    """Return whether a failure is one to connect."""
    return meaning_of(cause) is _UNREACHABLE
