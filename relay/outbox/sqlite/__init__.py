"""The outbox in one SQLite file: durable on one machine, for one relay."""
