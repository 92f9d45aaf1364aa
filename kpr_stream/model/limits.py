"""Limits that several rooms share."""

from __future__ import annotations

from typing import Final

FRAME_MAX_ITEMS: Final = 1000
"""Default of the items in a micro-batch. The dry run uses the same number, without the settings:
a vendor's dry run needs Polars and fastavro only."""

MAX_SEARCHED_BYTES: Final = 200
"""Bytes of a sender's own id or name, in UTF-8. A longer text is no id, is set aside and is not
searched for a national id."""

MAX_UNREADABLE_NAMES: Final = 100
"""Names in an item's list of unreadable fields. The contract has fewer fields; later names are not
looked at."""

MAX_ROLES: Final = 50
"""Practitioner roles of an item. There are some 20 codes; a longer list would make a record that no
broker takes."""
