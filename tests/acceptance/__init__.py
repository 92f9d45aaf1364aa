"""Tests that need more than PyPI and Maven Central, or take long: `make acceptance`."""
