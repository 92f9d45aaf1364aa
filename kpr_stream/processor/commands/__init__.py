"""Commands: what operators and privacy officers send to a lane. Pure.

In the order of the flow: ``parse`` reads a command, ``log_slice`` says what has to be read for it,
``attempt`` runs it, ``dispatch`` chooses the kind, ``effects`` is the answer. The kinds: ``states``
(units and releases), ``quarantined`` and ``replay_items``, ``replay``, ``reenrich``, ``mark``,
``link``. ``rejudge`` is what judges items again.

A command is refused whole or executed whole, and its result is written in the same transaction.
"""
