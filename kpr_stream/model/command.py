"""Commands of operators and privacy officers to a lane, and the lane's answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from kpr_stream.errors import ContractError
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.limits import COMMAND_KEYS
from kpr_stream.model.person_id import KEY_BYTES

MOST_KEYS = COMMAND_KEYS
SOFTWARE_VERSION, VALID_UNTIL, CERTIFICATE = "software_version", "valid_until", "certificate"
"""Arguments of ``admit-release``: the release, its last day, SHA-256 of the certificate's file."""


class CommandKind(StrEnum):
    """The kinds of command. docs/operate/commands.md describes arguments and effect of each."""

    UNBLOCK = "unblock"
    PAUSE = "pause"
    RESUME = "resume"
    AGREE = "agree"
    STOP_RELEASE = "stop-release"
    RESUME_RELEASE = "resume-release"
    ADMIT_RELEASE = "admit-release"
    LOOK = "look"
    REPLAY_ITEMS = "replay-items"
    DISCARD = "discard"
    REPLAY = "replay"
    REENRICH = "reenrich"
    MARK = "mark"
    UNMARK = "unmark"
    WITHDRAW_LINK = "withdraw-link"
    RESTORE_LINK = "restore-link"
    APPLY_RIGHTS = "apply-rights"


class ResultStatus(StrEnum):
    """The lane's answer to a command."""

    DONE = "done"
    UNCHANGED = "unchanged"  # there was nothing to do
    REFUSED = "refused"


class CommandRefusal(StrEnum):
    """Why a command was refused; none of it was carried out."""

    UNREADABLE = "UNREADABLE"
    UNKNOWN_KIND = "UNKNOWN_KIND"
    NOBODY = "NOBODY"
    NO_REASON = "NO_REASON"
    HOLDS_AN_ID = "HOLDS_AN_ID"
    BAD_ARGUMENT = "BAD_ARGUMENT"
    WRONG_LANE = "WRONG_LANE"
    UNKNOWN_UNIT = "UNKNOWN_UNIT"
    CHANGED_SINCE = "CHANGED_SINCE"
    GONE = "GONE"
    RIGHTS_BEHIND = "RIGHTS_BEHIND"
    OTHER_REFERENCE = "OTHER_REFERENCE"
    RECEIVER_FAILED = "RECEIVER_FAILED"


class CommandRefused(NamedTuple):
    """Why a command is refused; ``detail`` says more where the code is not enough."""

    code: CommandRefusal
    detail: str | None = None


WHY_REFUSED: Mapping[CommandRefusal, str] = {
    CommandRefusal.UNREADABLE: "The record is not a valid command.",
    CommandRefusal.UNKNOWN_KIND: "This release does not know this kind of command.",
    CommandRefusal.NOBODY: "The command names no account.",
    CommandRefusal.NO_REASON: "The command gives no reason.",
    CommandRefusal.HOLDS_AN_ID: "The account or the reason contains what looks like a national id.",
    CommandRefusal.BAD_ARGUMENT: "An argument is missing, or not valid for this kind of command.",
    CommandRefusal.WRONG_LANE: "The unit belongs to another lane.",
    CommandRefusal.UNKNOWN_UNIT: "The unit has never delivered from this system, and has no "
    "agreement.",
    CommandRefusal.CHANGED_SINCE: "The target has changed since the command was prepared.",
    CommandRefusal.GONE: "A record that the command needs is no longer on its topic.",
    CommandRefusal.RIGHTS_BEHIND: "The worker did not reach this offset of `kpr.rights` within "
    "10 s.",
    CommandRefusal.OTHER_REFERENCE: "The worker uses another version of the reference data than "
    "the command names.",
    CommandRefusal.RECEIVER_FAILED: "The receiver failed while executing the command: see the "
    "worker's log.",
}
"""The texts of the codes, as docs/operate/commands.md has them."""


def describe_refusal(result: Mapping[str, Any]) -> str:
    """Describe why a command was refused: the code of its result, and the reason in words."""
    # A worker of a newer release may know codes that this one does not.
    usual = WHY_REFUSED.get(result["code"], "See docs/operate/commands.md.")
    return f"{result['code']}: {result.get('detail') or usual}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command, as read from ``kpr.hst.command``."""

    command_id: str
    kind: str
    """A word of CommandKind, except in a command refused UNKNOWN_KIND or UNREADABLE."""
    issued_by: str
    reason: str
    source: SourceRecord
    org_nr: str | None = None
    system: str | None = None
    consultation_key: str | None = None
    arguments: Mapping[str, str] | None = None

    def number(self, name: str, default: int | None = None) -> int:
        """Return an argument as a whole number, 0 or more; ContractError if it is not one."""
        text = self._argument(name, None if default is None else str(default))
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise bad_argument(name, "a whole number")
        return int(text)

    def numbers(self, name: str) -> tuple[int, ...]:
        """Return an argument of whole numbers separated by commas, each once and in order."""
        parts = self._argument(name, None).split(",")
        if not all(part.isascii() and part.isdigit() and len(part) <= 18 for part in parts):
            raise bad_argument(name, "whole numbers separated by commas")
        return tuple(sorted({int(part) for part in parts}))

    def day(self, name: str) -> date | None:
        """Return an argument as a date (YYYY-MM-DD); None if it is not given."""
        text = (self.arguments or {}).get(name)
        if text is None:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise bad_argument(name, "a date (YYYY-MM-DD)") from None

    def text(self, name: str) -> str:
        """Return an argument as text; ContractError if it is not given."""
        return self._argument(name, None)

    def hashed(self, name: str) -> bytes:
        """Return an argument as a keyed hash, from its hexadecimal digits."""
        return keyed_hash(name, self._argument(name, None))

    def _argument(self, name: str, default: str | None) -> str:
        text = (self.arguments or {}).get(name, default)
        if not text:
            raise bad_argument(name, "given")
        return text


def keyed_hash(name: str, text: str) -> bytes:
    """Read a keyed hash from hexadecimal digits; ContractError names the argument otherwise."""
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise bad_argument(name, "keyed hashes, as hexadecimal digits")
    return key


def bad_argument(name: str, what: str) -> ContractError:
    """Return the error for an argument that its kind of command does not take."""
    return ContractError(
        f"The argument {name} is not {what}.",
        what_to_do="See docs/operate/commands.md.",
        code=CommandRefusal.BAD_ARGUMENT,
    )


def refusal(code: CommandRefusal, message: str) -> ContractError:
    """Return the error for a command that cannot be carried out.

    The message goes into the audit log, so it quotes no argument.
    """
    return ContractError(message, what_to_do="See docs/operate/commands.md.", code=code)
