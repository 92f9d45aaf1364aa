"""The golden cases, one file for each kind of answer."""
