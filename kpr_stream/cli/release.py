"""``kpr-stream release``: the state of EPJ systems' releases; stop, resume or admit one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kpr_stream.cli.command_options import WITHIN_S, By, Json, Reason, Within
from kpr_stream.cli.report import people, plain, print_json

_System = Annotated[str, typer.Option("--system", help="EPJ system, for example visma-hspro.")]
_Version = Annotated[str, typer.Option("--version", help="software_version of its deliveries.")]


def build_release_cli() -> typer.Typer:
    """Build the group of commands."""
    cli = typer.Typer(no_args_is_help=True, help="Stop, resume and admit releases of EPJ systems.")
    cli.command("list")(list_releases)
    cli.command()(stop)
    cli.command()(resume)
    cli.command()(admit)
    return cli


def list_releases(as_json: Json = False) -> None:
    """List releases: rejected items, stopped, admitted.

    Example: kpr-stream release list
    """
    import asyncio

    from kpr_stream.model.topics import PARTITIONS
    from kpr_stream.operate.release import admissions, releases, with_admissions
    from kpr_stream.settings import Settings

    settings = Settings()
    found = with_admissions(asyncio.run(releases(settings)), asyncio.run(admissions(settings)))
    if as_json:
        print_json({"releases": plain(found)})
    out = people(as_json)
    for one in found:
        lanes = f"{one['stopped_lanes']} of {PARTITIONS} lanes"
        stopped = f", [bold red]stopped[/] in {lanes} ({one['stopped_by']})"
        admitted = f", admitted until {one['admitted_until']}"
        out.print(
            f"{one['system']} {one['software_version']}: {one['rejected']} of {one['items']} "
            f"recent items rejected{stopped if one['stopped_lanes'] else ''}"
            f"{admitted if one['admitted_until'] else ''}",
            highlight=False,
        )
    if not found:
        out.print("No release has delivered yet.")


def stop(
    system: _System,
    version: _Version,
    reason: Reason,
    by: By = None,
    within: Within = WITHIN_S,
    as_json: Json = False,
) -> None:
    """Refuse all deliveries of a release.

    They are refused RELEASE_STOPPED, and outboxes keep them until the release is
    resumed. Exit code 2: no unit has delivered with this version.

    Example: kpr-stream release stop --system eg-infodoc --version 7.1 --reason "Wrong unit of weight"
    """  # noqa: E501 - an example is one line
    _send("stop-release", system, version, by, reason, within_s=within, as_json=as_json)


def resume(
    system: _System,
    version: _Version,
    reason: Reason,
    by: By = None,
    within: Within = WITHIN_S,
    as_json: Json = False,
) -> None:
    """Accept deliveries of a stopped release again.

    An operator stopped it, or too many of its items were rejected.

    Example: kpr-stream release resume --system eg-infodoc --version 7.1 --reason "Rule was wrong"
    """
    _send("resume-release", system, version, by, reason, within_s=within, as_json=as_json)


def admit(
    system: _System,
    version: _Version,
    certificate: Annotated[
        Path, typer.Option("--certificate", help="certificate.json, signed by the register.")
    ],
    reason: Annotated[
        str, typer.Option("--reason", help="Why: kept permanently, never a person's id.")
    ],
    by: By = None,
    within: Within = WITHIN_S,
    as_json: Json = False,
) -> None:
    """Admit a release that is certified.

    Verifies the certificate with KPR_CERTIFICATE_KEY_FILE: signature, system,
    version, grade and age. Where KPR_CERTIFIED_SYSTEMS names the system, workers
    take deliveries of admitted releases only. Exit code 2: it is void.

    Example: kpr-stream release admit --system eg-infodoc --version 7.1 --certificate certificate.json --reason "Tried by the register"
    """  # noqa: E501 - an example is one line
    from datetime import UTC, datetime

    from kpr_stream.cli.read_file import read_named_file
    from kpr_stream.cli.send_command import send_to_every_lane
    from kpr_stream.conformance.certificate import (
        read_certificate,
        read_verifying_key,
        require_release_of,
    )
    from kpr_stream.errors import ConfigurationError
    from kpr_stream.model.command import CERTIFICATE, SOFTWARE_VERSION, VALID_UNTIL
    from kpr_stream.model.words import system_named
    from kpr_stream.settings import Settings

    named, key_file = system_named(system), Settings().certificate_key_file
    if key_file is None:
        raise ConfigurationError(
            "KPR_CERTIFICATE_KEY_FILE is not set: no certificate can be verified.",
            what_to_do="Set it to the register's public Ed25519 key, in PEM.",
        )
    key = read_verifying_key(read_named_file(key_file, "the register's public key, in PEM"))
    data = read_named_file(certificate, "a certificate, in JSON")
    found = read_certificate(data, key, today=datetime.now(UTC).date())
    require_release_of(found, named, version)
    arguments = {
        SOFTWARE_VERSION: version,
        VALID_UNTIL: found.valid_until.isoformat(),
        CERTIFICATE: found.digest,
    }
    send_to_every_lane(
        "admit-release",
        *(arguments, by, reason),
        within_s=within,
        as_json=as_json,
        system=named,
    )


def _send(
    kind: str,
    system: str,
    version: str,
    by: str | None,
    reason: str,
    *,
    within_s: float,
    as_json: bool,
) -> None:
    import asyncio

    from kpr_stream.cli.send_command import send_to_every_lane
    from kpr_stream.model.topics import Role
    from kpr_stream.model.words import system_named
    from kpr_stream.operate.release import releases, require_release
    from kpr_stream.settings import Settings

    named = system_named(system)
    require_release(asyncio.run(releases(Settings(), Role.TOOLS)), named, version)
    send_to_every_lane(
        kind,
        *({"software_version": version}, by, reason),
        within_s=within_s,
        as_json=as_json,
        system=named,
    )
