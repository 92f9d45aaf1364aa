"""Build what the frame stage does with deliveries, from settings.

A file of its own: the sandbox's process, which decrypts suspects, needs this without Faust.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Protocol

from kpr_stream.keys.access import keyring
from kpr_stream.keys.keyring import KeyRing
from kpr_stream.model.delivery import Arrived, Decrypted, DeliveryRefused
from kpr_stream.model.identifiers import make_tables
from kpr_stream.model.stages import Measure, unmeasured
from kpr_stream.processor.commands.rejudge import Rejudge
from kpr_stream.processor.frame.prepare import FrameContext, prepare
from kpr_stream.processor.frame.reenrich import enrich_again
from kpr_stream.processor.intake.decrypt import decrypt_delivery
from kpr_stream.processor.pipeline import decrypt_and_frame
from kpr_stream.processor.poison.isolate import Work
from kpr_stream.processor.worker.frame_context import frame_context
from kpr_stream.settings import Settings


class MakeWork(Protocol):
    """Makes the work of the frame stage; the sandbox's process makes it without a measure."""

    def __call__(self, settings: Settings, measure: Measure = unmeasured) -> Work: ...


def frame_work(settings: Settings, measure: Measure = unmeasured) -> Work:
    """Return the function that decrypts and frames deliveries with these settings."""
    keys, context = keyring(settings), replace(frame_context(settings), measure=measure)
    make_tables()
    decrypt = decrypt_with(keys, allow_clear=settings.allow_clear_payloads)
    return decrypt_and_frame(decrypt, partial(prepare, context=context), measure)


def decrypt_with(
    keys: KeyRing, *, allow_clear: bool
) -> Callable[[Arrived], Decrypted | DeliveryRefused]:
    """Return the function that decrypts one delivery with the receiver's keys."""
    return partial(decrypt_delivery, private_keys=keys.private_keys, allow_clear=allow_clear)


def rejudge_of(keys: KeyRing, context: FrameContext, *, allow_clear: bool) -> Rejudge:
    """Return what judges again items that are read from the log."""
    return Rejudge(
        decrypt_with(keys, allow_clear=allow_clear),
        partial(prepare, context=context),
        partial(enrich_again, reference=context.reference),
    )
