"""`kpr-stream down`: stop the embedded stack."""

from __future__ import annotations

from kpr_stream.cli.report import console


def down() -> None:
    """Stop the embedded stack; its data is kept.

    Exit code 0 also if no stack runs.

    Example: kpr-stream down
    """
    from kpr_stream.embedded.stop import stop_stack
    from kpr_stream.settings import Settings

    settings = Settings()
    if stop_stack(settings):
        console.print(f"The stack in {settings.home} is stopped; its data is kept.")
    else:
        console.print(f"No stack runs in {settings.home}.")
