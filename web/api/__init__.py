"""The HTTP API, one file per resource; all paths begin with /api/rex."""
