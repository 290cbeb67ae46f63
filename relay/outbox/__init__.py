"""Keeps accepted events until GitHub has them: on one disk (`sqlite`) or in NATS (`jetstream`)."""
