"""Bar charts of results files, as SVG for the pages that show the tables too."""
