"""Why everything stands where it stands: a mission, a person, a message, an inbox; what is next, and what blocks it."""
