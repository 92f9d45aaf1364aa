"""Fuzz targets: bytes and values chosen by coverage. See CONTRIBUTING.md for how to run them."""
