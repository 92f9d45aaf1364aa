"""``python -m kpr_stream.cli``: the command if its script is not on the path."""

from __future__ import annotations

from kpr_stream.cli import main

main()
