"""``python -m kpr_stream`` is the command ``kpr-stream``."""

from kpr_stream.cli import main

main()
