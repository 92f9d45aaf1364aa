"""Reference data: geography, programme and code lists as frames with validity."""

from __future__ import annotations

from kpr_stream.reference.load import Reference, load_reference, municipality_codes

__all__ = ["Reference", "load_reference", "municipality_codes"]
