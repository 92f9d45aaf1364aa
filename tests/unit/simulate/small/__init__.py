"""small."""
