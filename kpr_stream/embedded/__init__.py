"""Run a whole stack from pip packages: Kafka, PostgreSQL and the schema registry's read API.

``start``, ``stop`` and ``status`` are the entries behind `up`, `down` and `status`. ``plan`` says
what to start, ``supervisor/`` owns the parts while they run, ``kafka/``, ``postgres/`` and
``schema_registry/`` each start one part, ``children/`` starts processes and ends them. ``layout``,
``state``, ``files``, ``ports``, ``credentials`` and ``diagnose`` import no room.

Nothing listens beyond loopback, every login has a password, and nothing outlives the supervisor.
"""
