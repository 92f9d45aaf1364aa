"""Judge an EPJ's export as the receiver would; nothing is sent or stored.

``judge`` runs a file through the connector's mapping and the processor's frame stage; ``place``
points to the values of the file, ``not_read`` finds keys that the format does not have, ``seen``
remembers the items of the run, ``tally`` counts. Needs Polars and fastavro only.
"""
