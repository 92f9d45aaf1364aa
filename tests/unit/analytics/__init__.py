"""Tests of the views for analysts."""
