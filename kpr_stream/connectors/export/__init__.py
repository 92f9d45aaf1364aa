"""Read an EPJ's export folder.

``reader`` finds the files and reads each one strictly and whole; ``values`` reads one JSON value.
Numbers are kept as their digits and never pass through floating point.
"""
