"""Tests of kpr_stream/processor/worker."""
