"""Commands about a link between two person keys: withdraw it for good, take that back. Pure."""

from __future__ import annotations

from kpr_stream.model.command import Command, CommandKind, ResultStatus, bad_argument
from kpr_stream.model.link import Pair
from kpr_stream.processor.desk import Desk
from kpr_stream.processor.effects import UNCHANGED, Effects
from kpr_stream.processor.link import known_link, restore_by_operator, withdraw_by_operator


def change_link(command: Command, desk: Desk) -> Effects:
    """Withdraw or restore the link between two person keys, in whichever order they are given.

    Withdrawing holds for lanes that do not have the link: no unit's item brings it back.
    """
    pair = Pair(command.hashed("person_key"), command.hashed("other_key"))
    if pair.person == pair.other:
        raise bad_argument("other_key", "another key than person_key")
    if known_link(desk, pair) is None and known_link(desk, pair.turned) is not None:
        pair = pair.turned
    withdraws = command.kind == CommandKind.WITHDRAW_LINK
    change = withdraw_by_operator if withdraws else restore_by_operator
    return Effects(ResultStatus.DONE) if change(desk, command.source, pair) else UNCHANGED
