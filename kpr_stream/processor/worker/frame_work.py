"""What the frame stage does with deliveries, put together from settings.

In a file of its own, since the process that opens suspects needs this and no Faust.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from kpr_stream.keys.access import keyring
from kpr_stream.keys.keyring import KeyRing
from kpr_stream.model.delivery import Arrived, Decrypted, Prepared, Refused
from kpr_stream.model.identifiers import make_tables
from kpr_stream.processor.commands.rejudge import Rejudge
from kpr_stream.processor.frame.prepare import FrameContext, prepare
from kpr_stream.processor.frame.reenrich import enrich_again
from kpr_stream.processor.intake.decrypt import decrypt_delivery
from kpr_stream.processor.poison.isolate import Work
from kpr_stream.processor.worker.frame_context import frame_context
from kpr_stream.settings import Settings


def frame_work(settings: Settings) -> Work:
    """The work of a worker with these settings."""
    keys, context = keyring(settings), frame_context(settings)
    make_tables()
    return open_and_prepare(keys, context, allow_clear=settings.allow_clear_payloads)


def open_and_prepare(keys: KeyRing, context: FrameContext, *, allow_clear: bool) -> Work:
    """What the frame stage does with deliveries: open each, then prepare all that opened."""

    def work(deliveries: Sequence[Arrived]) -> list[Prepared | Refused]:
        opened = [
            decrypt_delivery(d, keys.private_keys, allow_clear=allow_clear) for d in deliveries
        ]
        ready = iter(prepare([o for o in opened if isinstance(o, Decrypted)], context))
        return [o if isinstance(o, Refused) else next(ready) for o in opened]

    return work


def rejudge_of(keys: KeyRing, context: FrameContext, *, allow_clear: bool) -> Rejudge:
    """What judges again items that come from the log."""

    def open_one(arrived: Arrived) -> Decrypted | Refused:
        return decrypt_delivery(arrived, keys.private_keys, allow_clear=allow_clear)

    return Rejudge(
        open_one,
        partial(prepare, context=context),
        partial(enrich_again, reference=context.reference),
    )
