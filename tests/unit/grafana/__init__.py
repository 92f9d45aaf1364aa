"""The dashboards: their files, and rules that every panel keeps."""
