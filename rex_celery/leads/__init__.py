"""Leads: reading lists of people, telling who is who, and finding them again."""
