"""A group of commands of which one needs no name of its own."""

from __future__ import annotations

from typing import Any, Final

from typer.core import TyperGroup

HELP: Final = ("--help",)


def group_with_default(name: str) -> type[TyperGroup]:
    """Return a class of groups whose arguments are those of ``name`` where they name no command."""

    class WithDefault(TyperGroup):
        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - click's context
            """Put ``name`` before arguments that begin with neither a command nor ``--help``."""
            named = not args or args[0] in self.commands or args[0] in HELP
            return super().parse_args(ctx, args if named else [name, *args])

    return WithDefault
