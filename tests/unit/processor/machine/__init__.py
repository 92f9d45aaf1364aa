"""Unit tests of processor.machine."""
