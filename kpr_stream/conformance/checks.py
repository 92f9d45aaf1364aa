"""What a log of records shows of its sender: each check returns its problems. Pure.

A problem names records by their number in the report, and no content.
"""

from __future__ import annotations

import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import fastavro

from kpr_stream.conformance.orders import DELIVER, equal_items
from kpr_stream.model.partition import partition_of
from kpr_stream.model.words import ReceiptStatus, System
from kpr_stream.trial_receiver.sent import SentRecord

Log = Sequence[SentRecord]


def deliveries(log: Log) -> list[SentRecord]:
    """Return the sender's readable deliveries, without hellos, in the order in which they came."""
    return [one for one in log if one.envelope is not None and not one.is_hello and not one.ours]


def processed(log: Log) -> list[SentRecord]:
    """Return the deliveries that were processed, each once."""
    return [one for one in deliveries(log) if one.status == ReceiptStatus.PROCESSED]


def hello_first(log: Log) -> list[str]:
    """Every unit's first record is a hello."""
    first: dict[str, SentRecord] = {}
    for one in log:
        if not one.ours:
            first.setdefault(one.org_nr, one)
    return [f"no hello before record {one.number}" for one in first.values() if not one.is_hello]


def sequences(log: Log) -> list[str]:
    """The sequences of each unit that were taken are 1, 2, 3, …; none has two deliveries' ids."""
    taken: dict[str, list[int]] = defaultdict(list)
    for one in log:
        if one.status == ReceiptStatus.PROCESSED:
            taken[one.org_nr].append(one.sequence)
    problems = [
        f"a unit's sequences were taken as {found[:20]}"
        for found in taken.values()
        if found != list(range(1, len(found) + 1))
    ]
    ids: dict[str, set[tuple[str, int]]] = defaultdict(set)
    for one in deliveries(log):
        if one.envelope is not None:
            ids[one.envelope.delivery_id].add((one.org_nr, one.sequence))
    if doubled := [n for n, places in enumerate(ids.values(), start=1) if len(places) > 1]:
        problems.append(f"{len(doubled)} delivery ids were used for more than one sequence")
    return problems


def attempts(log: Log) -> list[str]:
    """The attempts of a delivery grow.

    By more than one where a sender was killed after it had noted an attempt and before it sent.
    """
    last: dict[tuple[str, str], int] = {}
    problems = []
    for one in log:
        if one.envelope is None or one.ours:
            continue
        name = one.org_nr, one.envelope.delivery_id
        before = last.get(name, 0)
        if one.envelope.attempt <= before:
            problems.append(
                f"record {one.number} is attempt {one.envelope.attempt}, after attempt {before}"
            )
        last[name] = one.envelope.attempt
    return problems


def same_bytes(log: Log) -> list[str]:
    """A delivery that is sent again has the same sequence and digest as before."""
    first: dict[tuple[str, str], SentRecord] = {}
    problems = []
    for one in deliveries(log):
        if one.envelope is None:
            continue
        earlier = first.setdefault((one.org_nr, one.envelope.delivery_id), one)
        if earlier.envelope is None:
            continue
        if one.sequence != earlier.sequence:
            problems.append(f"record {one.number} has another sequence than {earlier.number}")
        if one.envelope.content_digest != earlier.envelope.content_digest:
            problems.append(f"record {one.number} has another digest than {earlier.number}")
    return problems


def one_delivery_a_sequence(log: Log) -> list[str]:
    """A sequence that is sent again has the id and digest of the first time."""
    first: dict[tuple[str, int], SentRecord] = {}
    problems = []
    for one in deliveries(log):
        earlier = first.setdefault((one.org_nr, one.sequence), one)
        if _identity(one) != _identity(earlier):
            problems.append(f"records {earlier.number}, {one.number} share a sequence and differ")
    return problems


def _identity(one: SentRecord) -> tuple[str, bytes] | None:
    if one.envelope is None:
        return None
    return one.envelope.delivery_id, one.envelope.content_digest


def key_and_partition(log: Log) -> list[str]:
    """Key and partition follow from the org number."""
    return [
        f"record {one.number} has another key or partition than its org number gives"
        for one in log
        if one.envelope is not None
        and not one.ours
        and (one.key != one.org_nr.encode() or one.partition != partition_of(one.org_nr))
    ]


def own_topic(log: Log, system: System) -> list[str]:
    """Nothing lies on another system's topic."""
    return [f"record {one.number} is on another topic" for one in log if one.system != system]


def encrypted(log: Log) -> list[str]:
    """Every payload with content is encrypted."""
    return [
        f"record {one.number} is not encrypted"
        for one in deliveries(log)
        if one.envelope is not None and one.envelope.encryption is None
    ]


def fresh_nonces(log: Log) -> list[str]:
    """A content key and nonce belong to one ciphertext.

    The content key is not known here: a wrapped key that occurs twice is the same content key, and
    a nonce of 12 random bytes does not occur twice by chance.
    """
    of: dict[bytes, bytes] = {}
    problems = []
    for one in log:
        if one.envelope is None or one.envelope.encryption is None or one.ours:
            continue
        nonce, payload = one.envelope.encryption.nonce, one.envelope.payload
        if of.setdefault(nonce, payload) != payload:
            problems.append(f"record {one.number} uses a nonce of an earlier payload")
    return problems


def nothing_in_clear(log: Log, secrets: Iterable[str]) -> list[str]:
    """No secret's bytes are in a record, its key or its headers."""
    wanted = [secret.encode() for secret in secrets]
    problems = []
    for one in log:
        headers = b"".join(name.encode() + (value or b"") for name, value in one.headers)
        whole = one.value + (one.key or b"") + headers
        if any(secret in whole for secret in wanted):
            problems.append(f"record {one.number} holds an id in clear")
    return problems


def quiet_log(text: bytes, secrets: Iterable[str]) -> list[str]:
    """No secret's bytes are in what the sender printed."""
    found = sum(secret.encode() in text for secret in secrets)
    return [f"{found} persons' ids are in the sender's output"] if found else []


def software_version(log: Log) -> list[str]:
    """All deliveries name one version, and it is not empty."""
    versions = {one.envelope.software_version for one in deliveries(log) if one.envelope}
    if "" in versions:
        return ["a delivery names no software version, or one that the receiver leaves out"]
    return [f"{len(versions)} software versions were named"] if len(versions) != 1 else []


def version_of(log: Log) -> str:
    """Return the software version that was tried; empty if there is not exactly one."""
    versions = {one.envelope.software_version for one in deliveries(log) if one.envelope}
    return versions.pop() if len(versions) == 1 else ""


def same_content(log: Log, orders: Iterable[Mapping[str, Any]]) -> list[str]:
    """Each order is the content of exactly one processed delivery, field by field."""
    wanted = [order for order in orders if order["order"] == DELIVER]
    arrived: dict[tuple[Any, ...], list[list[dict[str, Any]]]] = defaultdict(list)
    unread = 0
    for one in processed(log):
        if one.clear is None:
            unread += 1
            continue
        items = items_of(one.clear)
        arrived[_identity_of(one.org_nr, items)].append(items)
    problems = [f"{unread} processed deliveries could not be read"] if unread else []
    needed = Counter(_identity_of(order["org_nr"], order["items"]) for order in wanted)
    for place, order in enumerate(wanted, start=1):
        name = _identity_of(order["org_nr"], order["items"])
        came = arrived.get(name, [])
        if len(came) != needed[name]:
            problems.append(f"order {place} arrived {len(came)} times, not {needed[name]}")
        elif came:
            for sent, ordered in zip(came[0], order["items"], strict=True):
                if different := equal_items(ordered, sent):
                    problems.append(f"order {place} differs in {', '.join(different)}")
    if extra := sum(len(came) for name, came in arrived.items() if name not in needed):
        problems.append(f"{extra} processed deliveries were not ordered")
    return problems


def items_of(clear: bytes) -> list[dict[str, Any]]:
    """Return the items of a clear payload."""
    return [item for item in fastavro.reader(io.BytesIO(clear)) if isinstance(item, dict)]


def _identity_of(org_nr: str, items: Sequence[Mapping[str, Any]]) -> tuple[Any, ...]:
    ids = (item.get("consultation_id") or item.get("appointment_id") for item in items)
    return org_nr, *ids


def most_unanswered(log: Log, org_nr: str) -> int:
    """Return the most deliveries of a unit that were unanswered at one time."""
    mine = [one for one in deliveries(log) if one.org_nr == org_nr]
    most = 0
    for one in mine:
        open_ = {
            earlier.sequence
            for earlier in mine
            if earlier.number <= one.number
            and (earlier.answered_before is None or earlier.answered_before > one.number)
        }
        answered = {
            earlier.sequence
            for earlier in mine
            if earlier.answered_before is not None and earlier.answered_before <= one.number
        }
        most = max(most, len(open_ - answered))
    return most
