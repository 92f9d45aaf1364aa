"""Write a small world as FHIR: ``states`` says what a snapshot holds, ``resources`` renders it,
``write`` makes the files."""
