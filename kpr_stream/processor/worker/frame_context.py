"""What the frame stage knows besides the items, from settings.

In a file of its own: the dry run needs this, and neither keys nor Kafka.
"""

from __future__ import annotations

from kpr_stream.processor.frame.prepare import FrameContext
from kpr_stream.reference import Reference, load_reference
from kpr_stream.settings import Environment, Settings


def reference_of(settings: Settings) -> Reference:
    """The reference data of these settings, read once; ConfigurationError if they fail a check."""
    return load_reference(settings.reference_dir)


def frame_context(settings: Settings) -> FrameContext:
    """The context that a worker with these settings judges in."""
    return FrameContext(
        synthetic_ids=settings.environment is Environment.TEST,
        reference=reference_of(settings),
        numbers_from_2032=settings.numbers_from_2032,
    )
