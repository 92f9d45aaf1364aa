"""Ours with everything: the real worker over encrypted deliveries of the same items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from bench.end_to_end import Load, worker_alone
from bench.figures import Figures
from bench.peers.plan import Planned
from kpr_stream.settings import Settings
from tests.integration.at_work import Vendors
from tests.support.stack import fresh_topics

NAME: Final = "ours"
WORDS: Final = {
    "title": "ours with everything",
    "semantics": "exactly once, and all that this project guarantees",
}
"""As of a peer (``Peer.words``)."""
SENT_AT_ONCE: Final = 64


@dataclass(frozen=True)
class PlannedLoad(Load):
    """The deliveries of the peers, on the topics of the product."""

    planned: Sequence[Planned] = ()

    async def send(self, settings: Settings) -> None:
        """Recreate the topics and fill them."""
        fresh_topics(settings)
        vendors = Vendors(settings)
        await vendors.start()
        try:
            records = (
                vendors.delivery(
                    one.items(), org_nr=one.org_nr, system=one.system, sequence=one.sequence
                )
                for one in self.planned
            )
            while some := list(islice(records, SENT_AT_ONCE)):
                await vendors.send(*some)
        finally:
            await vendors.stop()


async def everything(settings: Settings, folder: Path, planned: Sequence[Planned]) -> Figures:
    """Return the figures of one worker, from its open lanes to the last receipt."""
    load = PlannedLoad(len(planned), planned[0].each, planned=planned)
    return {**await worker_alone(settings, folder, load), "doubles": 0.0}
