"""Feeds the records of a golden case to the pipeline, and returns the receipts of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any, NoReturn

from kpr_stream.dry_receiver.dry_run import DryRun
from kpr_stream.dry_receiver.keys import public_test_keys
from kpr_stream.model.command import CommandKind
from kpr_stream.model.delivery import Arrived, Decrypted, DeliveryRefused, Prepared, SourceRecord
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.topics import QUARANTINE, RECEIPT_TOPICS
from kpr_stream.model.words import System
from kpr_stream.processor.commands.rejudge import Rejudge
from kpr_stream.processor.frame.prepare import FrameContext, prepare
from kpr_stream.processor.frame.reenrich import enrich_again
from kpr_stream.processor.intake.admission import AdmissionPolicy
from kpr_stream.processor.intake.decrypt import decrypt_delivery
from kpr_stream.reference import load_reference
from kpr_stream.schemas.wire import decode
from tests.support.commands import command_record
from tests.support.receiver import Receiver
from tools.golden.case import Need

Receipts = list[OutputRecord]


class GoldenReceiver(Receiver):
    """A receiver of the golden deliveries: with the public test key, and with what a case needs."""

    def __init__(self, need: Need | None) -> None:
        super().__init__()
        certified = frozenset(System) if need is Need.ADMISSION else frozenset()
        policy = AdmissionPolicy(need is Need.AGREEMENT, certified_systems=certified)
        like = dry_run().receiver(policy)
        self.emitter = like.emitter
        self.effects = like.effects  # type: ignore[method-assign] # a fault refuses, as in a worker
        self.read_back = like.read_back  # type: ignore[method-assign]
        like.log = self.log
        if need is Need.FAULT:
            like.work = _fails

    def answer(self, record: SourceRecord) -> Receipts:
        """Take one record; return the parts of its receipt."""
        before = len(self.written)
        self.take(record)
        return [one for one in self.written[before:] if one.topic in RECEIPT_TOPICS]

    def replay(self, record: SourceRecord) -> Receipts:
        """Replay every rejected item, ordered after this record, by rules that accept it."""
        before = len(self.written)
        offsets = ",".join(map(str, range(len(self.log[QUARANTINE]))))
        org_nr = (record.key or b"").decode()
        self.order(
            command_record(
                CommandKind.REPLAY_ITEMS, org_nr=org_nr, at=record.received_at, offsets=offsets
            )
        )
        return [one for one in self.written[before:] if one.topic in RECEIPT_TOPICS]

    def rejudge(self) -> Rejudge:
        """What judges again, as if a rule that rejected the items were gone."""
        decrypt = partial(decrypt_delivery, private_keys=public_test_keys(), allow_clear=False)
        return Rejudge(decrypt, _accepting, partial(enrich_again, reference=load_reference()))


@cache
def dry_run() -> DryRun:
    """What the golden deliveries are judged by: a test environment and its public key."""
    context = FrameContext(synthetic_ids=True, reference=load_reference())
    return DryRun(context=context, private_keys=public_test_keys())


def receipt_of(record: OutputRecord) -> dict[str, Any]:
    """A receipt as a value."""
    return decode("receipt", record.value or b"")


def _accepting(opened: Sequence[Decrypted]) -> list[Prepared | DeliveryRefused]:
    found = prepare(opened, dry_run().context)
    ready = [one for one in found if isinstance(one, Prepared)]
    return [
        replace(one, items=tuple(replace(item, rejected=False, findings=()) for item in one.items))
        for one in ready
    ]


def _fails(_: Sequence[Arrived]) -> NoReturn:
    raise RuntimeError("as a fault of the receiver")
