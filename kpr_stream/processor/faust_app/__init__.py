"""faust_app."""
