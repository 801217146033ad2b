"""The HTTP and socket door."""
