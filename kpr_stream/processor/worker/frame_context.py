"""Build what the frame stage knows besides the items, from settings.

A file of its own: the dry run needs this, without keys and without Kafka.
"""

from __future__ import annotations

from kpr_stream.processor.frame.prepare import FrameContext
from kpr_stream.reference import Reference, load_reference
from kpr_stream.settings import Environment, Settings


def reference_of(settings: Settings) -> Reference:
    """Return the reference data, which a process reads once.

    ConfigurationError if the data fail a check.
    """
    return load_reference(settings.reference_dir)


def frame_context(settings: Settings) -> FrameContext:
    """Return the context in which a worker with these settings validates and enriches."""
    return FrameContext(
        synthetic_ids=settings.environment is Environment.TEST,
        reference=reference_of(settings),
        numbers_from_2032=settings.numbers_from_2032,
    )
