"""Read and write Avro at the edges.

``catalogue`` holds every schema with its fixed id; ``contract`` names the records of a message
type, ``subjects`` those of a topic. ``wire`` reads and writes one framed record, ``encoder`` and
``rows`` write many sooner with the same bytes, ``container`` reads and writes container files.
Bytes from outside are never trusted: every length is checked before use.
"""
