"""Tests of kpr_stream/process."""
