"""The register of agreements and contacts.

Which system may report for which unit from when is part of the unit's state, changed by a command
in order with deliveries. Whom to call, and when, stands in the database: no lane needs it.
"""
