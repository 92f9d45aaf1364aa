"""Read and check reference data: geography, programme, growth and code lists, with validity.

``load`` reads a folder whole or not at all: ``manifest`` says what it must be, ``tables`` lists
its files, ``check`` compares them with each other. ``geography``, ``current``, ``programme``,
``growth``, ``breastfeeding``, ``age`` and ``validity`` give the expressions that frames use.
"""

from __future__ import annotations

from kpr_stream.reference.load import Reference, load_reference

__all__ = ["Reference", "load_reference"]
