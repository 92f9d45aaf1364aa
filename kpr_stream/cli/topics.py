"""``kpr-stream topics``: whether the workers' positions belong to the topics as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kpr_stream.cli.command_options import Json
from kpr_stream.cli.confirm import DryRun, Yes, confirm, only_shown
from kpr_stream.cli.report import answers, people, print_json
from kpr_stream.errors import TopicChangedError

if TYPE_CHECKING:
    from kpr_stream.processor.lanes.accept_topic import TopicState


def build_topics_cli() -> typer.Typer:
    """Build the group of commands."""
    cli = typer.Typer(no_args_is_help=True, help="Check topics; accept one that was made again.")
    cli.command()(check)
    cli.command()(accept)
    return cli


def check(as_json: Json = False) -> None:
    """Compare the topics with the positions of the workers.

    Exit code 0: all positions belong to the topics as they are. 76: a topic was
    made again, has lost records, or has other partitions than the contract.

    Example: kpr-stream topics check
    """
    import asyncio

    from kpr_stream.kafka.access import kafka_access
    from kpr_stream.model.topics import Role
    from kpr_stream.processor.lanes.accept_topic import topic_states
    from kpr_stream.settings import Settings

    settings = Settings()
    access = kafka_access(settings, Role.PROCESSOR)
    found = asyncio.run(topic_states(access, settings.app_id))
    if as_json:
        print_json({"topics": [_as_json(state) for state in found]})
    out = people(as_json)
    for state in found:
        out.print(_line(state), style="bold red" if state.changed else None, highlight=False)
    if any(state.changed for state in found):
        raise typer.Exit(TopicChangedError.exit_code)


def accept(
    topic: Annotated[str, typer.Argument(help="Its name, as `topics check` prints it.")],
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Let the workers resume with a topic that was made again.

    A delivery topic is read from its beginning: what was processed before is
    answered as repeated. Run it as the processor. Workers that run are ended;
    start them again.

    Example: kpr-stream topics accept kpr.hst.delivery.eg-infodoc --yes
    """
    import asyncio

    from kpr_stream.kafka.access import kafka_access
    from kpr_stream.model.topics import Role
    from kpr_stream.processor.lanes.accept_topic import accept_topic, changed_topic
    from kpr_stream.settings import Settings

    settings = Settings()
    access = kafka_access(settings, Role.PROCESSOR)
    found = asyncio.run(changed_topic(access, settings.app_id, topic))
    line = f"{_line(found)}. All lanes resume with it as it is, and running workers end."
    if only_shown([line], _as_json(found), dry_run=dry_run, as_json=as_json):
        return
    confirm(f"Accept {topic}?", yes=yes)
    before = asyncio.run(accept_topic(access, settings.app_id, topic))
    if as_json:
        print_json({"topic": before.topic, "id": before.id, "known_before": before.known})
    else:
        answers.print(f"{before.topic} {before.id} is accepted.", highlight=False)


def _as_json(state: TopicState) -> dict[str, object]:
    return {
        "topic": state.topic,
        "id": state.id,
        "known": state.known,
        "lanes_behind_position": state.behind_position,
        "changed": state.changed,
    }


def _line(state: TopicState) -> str:
    about = "as known" if state.known else "without positions"
    if state.made_again:
        about = f"made again: {', '.join(state.known)} before"
    elif state.behind_position:
        about = f"ends before the positions of lanes {', '.join(map(str, state.behind_position))}"
    return f"{state.topic} {state.id} {about}"
