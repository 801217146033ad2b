"""Missions: planned as data, launched, driven through Celery, and brought to an end whatever dies on the way."""
