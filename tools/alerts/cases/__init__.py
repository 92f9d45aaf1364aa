"""For each alert, series with which it fires and series with which it does not."""
