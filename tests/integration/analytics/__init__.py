"""Compare the views for analysts with the truth of a synthetic nation."""
