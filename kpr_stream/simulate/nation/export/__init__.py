"""Write the export files of the four systems: ``render`` makes the JSON, ``write`` the files."""
