"""Tests of the projection for analysts."""
