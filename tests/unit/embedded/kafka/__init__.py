"""Unit tests of embedded.kafka."""
