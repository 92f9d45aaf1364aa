"""Unit tests of embedded.children."""
