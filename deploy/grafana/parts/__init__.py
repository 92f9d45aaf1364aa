"""What all dashboards share, so that one colour and one word mean the same everywhere."""
