"""Where items come from: one interface, and the sources that have it.

``interface`` says what a source gives. ``export_folder`` reads the files of the export format,
``fhir_folder`` FHIR snapshots, ``in_process`` takes items from a Python program. ``choose``
recognises what a folder holds.
"""
