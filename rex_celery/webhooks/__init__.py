"""Webhooks: what providers tell REX."""
