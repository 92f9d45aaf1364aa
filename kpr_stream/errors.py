"""All errors that this package raises on purpose.

    KprError
    ├── UsageError            an argument of the command is not valid                   exit 2
    ├── ConfigurationError    a setting, key or reference file is missing or wrong      exit 78
    │   └── EnvironmentMismatchError  cluster or database is of another environment
    ├── ExportError           an EPJ export file cannot be read                         exit 65
    ├── ContractError         bytes that break the contract
    │   ├── WireFormatError   no Confluent frame, or an unknown schema id
    │   ├── ContainerError    not an Avro container of a known contract version
    │   └── DecryptionError   the payload or its key does not decrypt
    ├── UnavailableError      a server this process needs cannot be reached             exit 69
    │   ├── BrokerError       Kafka is down, refuses the login or the right
    │   │   ├── OutsideLogError   a position lies outside the log of its partition
    │   │   └── OutputRefusedError  Kafka answers, and takes no record for an output topic
    │   ├── DatabaseError     PostgreSQL is down, refuses the login or the right
    │   │   └── TablesReplacedError  a rebuild has replaced the tables meanwhile
    │   └── StackError        the embedded stack does not start or stop
    ├── TopicChangedError     a topic was made again, or has other partitions            exit 76
    ├── RefusedError          a lane refused a command                                   exit 1
    ├── NameTakenError        a worker of this name runs on this machine already        exit 70
    ├── DiskError             no space, or no right to write                            exit 74
    ├── ExpiredError          the last day of use of an export is over                  exit 77
    ├── UnforeseenError       a mistake of this program                                 exit 70
    └── LaneError             a lane cannot continue in this process                    exit 70
        ├── LaneFencedError        another process owns the lane now
        ├── LedgerBrokenError      a ledger cannot be read: it is deleted and rebuilt
        ├── NotChosenError         a delivery is next and was not decrypted
        └── LaneSplitError         the group assigned only a part of a lane to this process

A message names the thing, the place, the cause and what to do. It never holds a person's id or
a health value. Exit codes follow BSD sysexits where one fits; 1 means findings in the data, or a
refusal.
"""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import ClassVar


class KprError(Exception):
    """Base class. ``what_to_do`` is an instruction to the reader of the message."""

    exit_code: ClassVar[int] = 70

    def __init__(self, message: str, *, what_to_do: str) -> None:
        super().__init__(message)
        self.message = message
        self.what_to_do = what_to_do

    def __str__(self) -> str:
        return f"{self.message} {self.what_to_do}"


class UsageError(KprError):
    """An argument of the command is not valid."""

    exit_code = 2


class ConfigurationError(KprError):
    """A setting, key or reference file is missing or wrong."""

    exit_code = 78


class EnvironmentMismatchError(ConfigurationError):
    """The cluster or database belongs to another environment, test or production, than we do."""


class ExportError(KprError):
    """An EPJ export file cannot be read; nothing of it was sent."""

    exit_code = 65


class ContractError(KprError):
    """Bytes that break the contract. ``code`` is the stable reason that the sender gets."""

    exit_code = 65

    def __init__(self, message: str, *, what_to_do: str, code: str) -> None:
        super().__init__(message, what_to_do=what_to_do)
        self.code = code


class WireFormatError(ContractError):
    """No Confluent frame, an unknown schema id, or bytes that do not fit the schema."""


class ContainerError(ContractError):
    """Not an Avro object container of a known contract version, or beyond its limits."""


class DecryptionError(ContractError):
    """The payload or its content key does not decrypt."""


class UnavailableError(KprError):
    """A server that this process needs cannot be reached; trying again later may help."""

    exit_code = 69


class BrokerError(UnavailableError):
    """Kafka is down, refuses the login or refuses the right."""


class OutsideLogError(BrokerError):
    """A position lies outside its partition's log: records are gone, or the topic is another."""


class OutputRefusedError(BrokerError):
    """Kafka answers and refuses records for an output topic: its settings or rights are wrong."""


class DatabaseError(UnavailableError):
    """PostgreSQL is down, refuses the login or refuses the right."""


class TablesReplacedError(DatabaseError):
    """A rebuild has replaced the tables: their positions are of a newer epoch than ours."""


class StackError(UnavailableError):
    """The embedded stack does not start or stop."""


class TopicChangedError(KprError):
    """A topic is not the one that positions are of, or its partitions changed: a person decides.

    No subclass of BrokerError, because trying again never helps.
    """

    exit_code = 76


class RefusedError(KprError):
    """A lane refused a command; sending the same command again does not help."""

    exit_code = 1


class NameTakenError(KprError):
    """A worker of this name runs on this machine already."""

    exit_code = 70


class DiskError(KprError):
    """No space on a disk, or no right to write there."""

    exit_code = 74


class ExpiredError(KprError):
    """The last day of use of an export is over: its purpose must be stated again."""

    exit_code = 77


class UnforeseenError(KprError):
    """A mistake of this program: an error that nobody has foreseen, caught at a boundary."""

    exit_code = 70


class LaneError(KprError):
    """A lane cannot continue in this process; the process ends and another takes the lane."""


class LaneFencedError(LaneError):
    """Another process owns the lane now: its producer has fenced ours."""


class LedgerBrokenError(LaneError):
    """A ledger cannot be read. A ledger is a cache: it is deleted and rebuilt from its topics."""


class NotChosenError(LaneError):
    """A delivery is the next of its unit and was not decrypted: one before it was refused."""


class LaneSplitError(LaneError):
    """The group assigned only a part of a lane to this process: continuing could lose records."""


def unforeseen(doing: str, cause: BaseException) -> UnforeseenError:
    """Return the error of a part that failed in a way that nobody has foreseen.

    ``doing`` names the part, with a capital: "Reading the file a.json". The text of ``cause`` is
    left out, since a library may quote what it read.
    """
    return UnforeseenError(
        f"{doing} failed in a way that this program did not foresee: {place_of(cause)}.",
        what_to_do="Report this line: it holds no value of a consultation. Only this part stopped; "
        "run again with a corrected version, and it is done then.",
    )


def place_of(cause: BaseException) -> str:
    """Return the type of an error and its place in this package, or else in a library."""
    frames = traceback.extract_tb(cause.__traceback__)
    package = Path(__file__).parent
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(package)]
    if ours:
        file = Path(ours[-1].filename).relative_to(package.parent).as_posix()
        return f"{type(cause).__name__} at {file}:{ours[-1].lineno}"
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return type(cause).__name__ + where
