"""Who an installation belongs to: tenants, the people and keys that act for them, and what they changed."""
