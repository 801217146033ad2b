"""Who may be written to, and what a message must and must not hold."""
