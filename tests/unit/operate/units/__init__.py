"""operate.units."""
