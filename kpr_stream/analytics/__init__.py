"""The database: who owns it, how its schemas change, and the SQL that analysts read."""
