"""``kpr-stream rules list``: the rules that every item is judged by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from kpr_stream.reference import Reference
    from kpr_stream.rules.rule import Rule


def build_rules_cli() -> typer.Typer:
    """Build the group of commands."""
    rules = typer.Typer(no_args_is_help=True, help="The rules that items are judged by.")
    rules.command(name="list")(list_rules)

    # With a callback Typer makes a group: without, one command alone would lose its name.
    @rules.callback()
    def _root() -> None:
        """The rules that items are judged by."""

    return rules


def list_rules(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print every rule as JSON, with examples.")
    ] = False,
) -> None:
    """List the rules, in the order in which findings are reported.

    Texts and codes are those of the reference data in KPR_REFERENCE_DIR.
    Pages for vendors: docs/vendor/rules.md (English), docs/vendor/regler.md
    (Norwegian).

    Example: kpr-stream rules list --json
    """
    from rich.table import Table

    from kpr_stream.cli.report import answers, print_json
    from kpr_stream.reference import load_reference
    from kpr_stream.rules.catalogue import RULE_SET_VERSION, catalogue
    from kpr_stream.settings import Settings

    reference = load_reference(Settings().reference_dir)
    rules = catalogue(reference)
    if as_json:
        listed = [_as_json(rule, reference) for rule in rules]
        print_json({"rule_set": RULE_SET_VERSION, "rules": listed})
        return
    table = Table(box=None)
    # Never wrapped: ids are searched for with grep.
    table.add_column("rule", no_wrap=True)
    for name in ("severity", "field", "what is wrong"):
        table.add_column(name, overflow="fold")
    for rule in rules:
        table.add_row(rule.id, rule.severity.value, rule.field, rule.text_en)
    answers.print(f"Rule set {RULE_SET_VERSION}: {len(rules)} rules.", highlight=False)
    answers.print(table, highlight=False, soft_wrap=False)


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
