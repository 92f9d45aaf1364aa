"""The rules items are judged by, as a table of column expressions."""
