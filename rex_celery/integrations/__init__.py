"""The outside world: one file holds all that a provider means."""
