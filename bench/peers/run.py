"""Measure the peers side by side, in interleaved rounds over the same broker.

    python -m bench.peers.run [--rounds 3] [--items 64000] [--keep] [--peers a,b] [--no-sink]

The contract is in ``bench/peers/__init__.py``. Before each peer of a round, its output topic is
made again; the input is filled once a round and size. The first run makes the environments of
peers that have packages of their own. Figures go to bench/results/own_peers.json, which Git
ignores; with ``--keep`` to bench/results/peers.json, and docs/operate/peers.md shows them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.figures import Figures, report
from bench.machine import facts
from bench.peers.everything import NAME as EVERYTHING
from bench.peers.everything import WORDS, everything
from bench.peers.fill import fill, fresh_output, remove_others
from bench.peers.measure import Measured, PeerFailedError, run_peer
from bench.peers.peers import BY_NAME, CannotRunError, Peer, versions
from bench.peers.plan import Planned, check, expected, plan
from bench.peers.result import by_size, figures
from bench.peers.sink import sinks
from kpr_stream.kafka.access import kafka_access
from kpr_stream.model.topics import Role
from kpr_stream.settings import Settings
from tests.support.stack import one_stack
from tools import peers_page
from tools.generated import write

OWN: Final = peers_page.RESULTS.with_name("own_peers.json")
"""Figures of this machine. The kept ones are shown by a page, so a test compares the two."""
ITEMS: Final = 64_000
SIZES: Final = (1_000, 100)
"""Items a delivery."""


def main() -> None:
    """Measure, print and write the results file; with ``--keep`` the page too."""
    names = (*BY_NAME, EVERYTHING)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--items", type=int, default=ITEMS, help="different items of a round")
    parser.add_argument("--keep", action="store_true", help="as the figures of the repository")
    parser.add_argument("--peers", default=",".join(names), help="names, joined by commas")
    parser.add_argument("--no-sink", action="store_true", help="leave the sinks out")
    options = parser.parse_args()
    chosen = options.peers.split(",")
    if unknown := set(chosen) - {*names}:
        parser.error(f"There is no peer {min(unknown)}. There are: {', '.join(names)}.")
    with tempfile.TemporaryDirectory() as folder, one_stack(Path(folder) / "home") as settings:
        bench = Bench(settings, Path(folder), options.items, {})
        rounds = []
        for number in range(options.rounds):
            report(f"round {number + 1} of {options.rounds}")
            rounds.append({str(each): bench.measure(chosen, each) for each in SIZES})
        database = None if options.no_sink else asyncio.run(sinks(settings, options.rounds))
    result = {
        "machine": facts(),
        "versions": versions(),
        "peers": words(),
        "rounds": options.rounds,
        "items": options.items,
        "by_size": by_size(rounds),
        "not_run": bench.not_run,
        "sink": database,
    }
    store(result, keep=options.keep)
    print(json.dumps(result, indent=2))


def words() -> dict[str, dict[str, str]]:
    """Return title and semantics of each by name: what the results and their page call them."""
    return {name: peer.words for name, peer in BY_NAME.items()} | {EVERYTHING: WORDS}


def store(result: Mapping[str, Any], *, keep: bool) -> None:
    """Write a result to the file of this machine; or to the kept one, and to its page."""
    file = peers_page.RESULTS if keep else OWN
    file.write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    if keep:
        write(peers_page.files())


@dataclass
class Bench:
    """The rounds of one run on one stack."""

    settings: Settings
    folder: Path
    items: int
    not_run: dict[str, str]
    """Why a peer is left out, by its name."""
    runs: int = 0

    def measure(self, names: Sequence[str], each: int) -> dict[str, Figures]:
        """Return the figures of peers over one filled input, one after the other."""
        planned = plan(self.items, each)
        wanted = expected(planned)
        fill(self.settings, planned)
        found: dict[str, Figures] = {}
        for name in (name for name in names if name not in self.not_run):
            try:
                found[name] = self._figures(name, planned, wanted)
            except (CannotRunError, PeerFailedError) as why:
                self.not_run[name] = str(why)
                report(f"{name} is not run: {why}")
            else:
                report(f"{each} a delivery: {name} {found[name]['items_a_second']:,.0f} items/s")
        return found

    def _figures(
        self, name: str, planned: Sequence[Planned], wanted: Mapping[bytes, Mapping[str, Any]]
    ) -> Figures:
        if name == EVERYTHING:
            return asyncio.run(everything(self.settings, self._own_folder(), planned))
        measured = self.run(BY_NAME[name], len(wanted))
        checked = check(measured.outputs, wanted)
        checked.require_right(name)
        return figures(measured, sum(one.each for one in planned), checked.doubles)

    def run(self, peer: Peer, keys: int) -> Measured:
        """Run a peer once over the filled input."""
        own, access = self._own_folder(), kafka_access(self.settings, Role.ADMIN)
        fresh_output(self.settings, peer.name)
        try:
            return run_peer(peer, access, own, f"bench-{peer.name}-{self.runs}", keys)
        finally:
            remove_others(self.settings)

    def _own_folder(self) -> Path:
        self.runs += 1
        own = self.folder / f"run-{self.runs}"
        own.mkdir()
        return own


if __name__ == "__main__":
    main()
