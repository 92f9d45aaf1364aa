"""Withdraw a link whatever its evidence says, or restore it. Pure.

Every lane keeps the operator's word, since each has evidence of its own and more may come later.
"""

from __future__ import annotations

from kpr_stream.model.command import Command, CommandKind, ResultStatus, bad_argument
from kpr_stream.model.header import NO_KEY
from kpr_stream.model.link import Evidence, Withdrawal, pair_of
from kpr_stream.processor.commands.effects import UNCHANGED, Effects
from kpr_stream.processor.decide.unit_of_work import UnitOfWork
from kpr_stream.processor.emit.links import link_record
from kpr_stream.processor.state.link_entries import is_live, link_entry_key


def change_link(command: Command, uow: UnitOfWork) -> Effects:
    """Withdraw or restore the link between two person keys, in either order.

    ContractError if the two keys cannot make a link.
    """
    pair = pair_of(command.hashed("person_key"), command.hashed("other_key"))
    if pair.person == pair.other or NO_KEY in pair:
        raise bad_argument("other_key", "another key than person_key")
    entry = uow.overlay.get(link_entry_key(NO_KEY, pair))
    is_withdrawn = entry is not None and not is_live(entry)
    withdraw = command.kind == CommandKind.WITHDRAW_LINK
    if is_withdrawn == withdraw:
        return UNCHANGED
    uow.write(
        link_record(
            uow.emitter,
            command.source,
            pair,
            evidence=Evidence.OPERATOR,
            withdrawn=Withdrawal.OPERATOR if withdraw else None,
        )
    )
    return Effects(status=ResultStatus.DONE)
