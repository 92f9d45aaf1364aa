"""``kpr-stream rules list``: what every item is judged by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from kpr_stream.reference import Reference
    from kpr_stream.rules.rule import Rule


def build_rules_cli() -> typer.Typer:
    """The commands about rules."""
    rules = typer.Typer(no_args_is_help=True, help="The rules that items are judged by.")
    rules.command(name="list")(list_rules)

    @rules.callback()
    def _root() -> None:
        """A group, so that the one command keeps its name."""

    return rules


def list_rules(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print all of every rule as JSON, with examples.")
    ] = False,
) -> None:
    """List the rules in the order in which findings are told; vendors' pages: docs/vendor.

    Example: kpr-stream rules list --json
    """
    from rich.table import Table

    from kpr_stream.cli.report import console, print_json
    from kpr_stream.reference import load_reference
    from kpr_stream.rules.catalogue import RULE_SET_VERSION, catalogue

    reference = load_reference()
    rules = catalogue(reference)
    if as_json:
        told = [_as_json(rule, reference) for rule in rules]
        print_json({"rule_set": RULE_SET_VERSION, "rules": told})
        return
    table = Table(box=None)
    # Whole: an id is there to be searched for.
    table.add_column("rule", no_wrap=True)
    for name in ("severity", "field", "what is wrong"):
        table.add_column(name, overflow="fold")
    for rule in rules:
        table.add_row(rule.id, rule.severity.value, rule.field, rule.text_en)
    console.print(f"Rule set {RULE_SET_VERSION}: {len(rules)} rules.", highlight=False)
    console.print(table, highlight=False, soft_wrap=False)


def _as_json(rule: Rule, reference: Reference) -> dict[str, Any]:
    from kpr_stream.connectors.mapping.paths import export_paths
    from kpr_stream.rules.document import codes_of
    from kpr_stream.rules.examples import examples

    example = examples().by_rule[rule.id]
    return {
        "rule": rule.id,
        "severity": rule.severity,
        "pointer": rule.pointer,
        "in_export": export_paths(rule.message_types[0]).get(rule.field),
        "codes": codes_of(rule, reference),
        "message_types": rule.message_types,
        "services": rule.services,
        "since": rule.since,
        "text_no": rule.text_no,
        "text_en": rule.text_en,
        "who": rule.action.who,
        "action_no": rule.action.no,
        "action_en": rule.action.en,
        "example": {
            "wrong": [{**example.context, **item} for item in example.wrong],
            "wrong_in": example.wrong_in,
            "right": [{**example.context, **item} for item in example.right],
        },
    }
