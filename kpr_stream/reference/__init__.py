"""Reference data: geography, programme, growth and code lists as frames with validity."""

from __future__ import annotations

from kpr_stream.reference.load import Reference, load_reference

__all__ = ["Reference", "load_reference"]
