"""Make labels of what senders write: bounded, and without what may be a person's id. Pure."""

from __future__ import annotations

from typing import Final

from kpr_stream.metrics.metric import UNKNOWN
from kpr_stream.model.identifiers import looks_like_an_id

LONGEST_VERSION: Final = 40
"""Letters of a software version in a label: the sender writes it."""


def version_label(text: str | None) -> str:
    """Return a software version as a label."""
    if not text or looks_like_an_id(text):
        return UNKNOWN
    return text[:LONGEST_VERSION]
