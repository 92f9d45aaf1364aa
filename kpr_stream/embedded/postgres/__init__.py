"""Start PostgreSQL from its wheel and create its roles and database.

``settings`` lists the changed settings with their reasons, ``database`` creates the data folder,
starts the server and creates roles. Tables and rights come from the migrations.
"""
