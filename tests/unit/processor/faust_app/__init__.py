"""Tests of kpr_stream/processor/faust_app."""
