"""Pictures of dashboards, from made-up answers."""
