"""Messages written from stored facts."""
