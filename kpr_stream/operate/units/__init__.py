"""Units as operators see them: agreements, contacts, successions, and the report about one.

    agreements    which system may report for which unit, and from when
    contacts      which function to call about a unit or a vendor
    mail_addresses    their addresses, as Alertmanager asks for them
    successions   a unit that reports under another org number after a reform
    report        all of this about one unit, with its state and the commands about it

Agreements are part of a unit's state: a command changes them, in order with deliveries. Contacts
and successions are in PostgreSQL, in the schema `registry`: no lane needs them.
"""
