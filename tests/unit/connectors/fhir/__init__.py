"""FHIR as a source."""
