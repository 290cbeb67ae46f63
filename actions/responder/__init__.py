"""Turns Falco events into edits of a desired-state repository: the package behind the composite actions."""
