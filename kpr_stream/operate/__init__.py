"""What operators and privacy officers do: sending commands, reading what lanes answered."""
