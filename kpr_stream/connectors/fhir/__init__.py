"""Read FHIR R4: Bundles and NDJSON, in two passes, with bounded memory.

``split`` streams the resources of a file, ``index`` keeps what is needed of them in a temporary
SQLite file, ``codes``, ``people``, ``measures`` and ``encounter`` map them by the rows of a
system's mapping table (``rules``), ``fingerprint`` recognises what was sent before, ``snapshot``
puts everything together. docs/adr/0200-fhir-is-read-without-a-fhir-library.md says why no FHIR
library is used.
"""
