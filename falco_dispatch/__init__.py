"""The command `falco-dispatch`: what an operator types, before and after the relay and the actions do their work."""
