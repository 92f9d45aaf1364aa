"""The synthetic nation through the receiver, and what came of it beside the truth."""
