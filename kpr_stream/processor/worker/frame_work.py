"""What the frame stage does with deliveries, put together from settings.

In a file of its own, since the process that opens suspects needs this and no Faust.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from kpr_stream.keys.access import keyring
from kpr_stream.keys.keyring import KeyRing
from kpr_stream.model.delivery import Arrived, Decrypted, DeliveryRefused
from kpr_stream.model.identifiers import make_tables
from kpr_stream.processor.commands.rejudge import Rejudge
from kpr_stream.processor.frame.prepare import FrameContext, prepare
from kpr_stream.processor.frame.reenrich import enrich_again
from kpr_stream.processor.intake.decrypt import decrypt_delivery
from kpr_stream.processor.pipeline import decrypt_and_frame
from kpr_stream.processor.poison.isolate import Work
from kpr_stream.processor.worker.frame_context import frame_context
from kpr_stream.settings import Settings


def frame_work(settings: Settings) -> Work:
    """The work of a worker with these settings."""
    keys, context = keyring(settings), frame_context(settings)
    make_tables()
    decrypt = decrypt_with(keys, allow_clear=settings.allow_clear_payloads)
    return decrypt_and_frame(decrypt, partial(prepare, context=context))


def decrypt_with(
    keys: KeyRing, *, allow_clear: bool
) -> Callable[[Arrived], Decrypted | DeliveryRefused]:
    """What decrypts a delivery with the receiver's keys."""
    return partial(decrypt_delivery, private_keys=keys.private_keys, allow_clear=allow_clear)


def rejudge_of(keys: KeyRing, context: FrameContext, *, allow_clear: bool) -> Rejudge:
    """What judges again items that come from the log."""
    return Rejudge(
        decrypt_with(keys, allow_clear=allow_clear),
        partial(prepare, context=context),
        partial(enrich_again, reference=context.reference),
    )
