"""Serve the read half of the schema registry's API over this release's schemas.

``api`` answers requests and is pure, ``server`` puts it on a loopback port. Nothing can be
registered: the release fixes schemas and ids.
"""
