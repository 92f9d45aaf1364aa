"""The FHIR of the simulator."""
