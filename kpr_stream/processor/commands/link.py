"""Commands about a link: withdraw it whatever else says so, or take that back. Pure.

Every lane notes it, since each has evidence of its own, and some may come later.
"""

from __future__ import annotations

from kpr_stream.model.command import Command, CommandKind, ResultStatus, bad_argument
from kpr_stream.model.header import NO_KEY
from kpr_stream.model.link import pair_of
from kpr_stream.processor.commands.effects import UNCHANGED, Effects
from kpr_stream.processor.decide.link_records import by_operator
from kpr_stream.processor.decide.unit_of_work import UnitOfWork
from kpr_stream.processor.state.link_entries import is_live, link_entry_key


def change_link(command: Command, uow: UnitOfWork) -> Effects:
    """What an operator says of a link, its keys in whichever order. ContractError for keys that
    cannot be."""
    pair = pair_of(command.hashed("person_key"), command.hashed("other_key"))
    if pair.person == pair.other or NO_KEY in pair:
        raise bad_argument("other_key", "another key than person_key")
    entry = uow.overlay.get(link_entry_key(NO_KEY, pair))
    withdrawn = entry is not None and not is_live(entry)
    withdraw = command.kind == CommandKind.WITHDRAW_LINK
    if withdrawn == withdraw:
        return UNCHANGED
    uow.write(by_operator(command.source, pair, uow.emitter, stands=not withdraw))
    return Effects(status=ResultStatus.DONE)
