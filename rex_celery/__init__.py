"""REX: outreach missions carried out by crews of agents on Celery."""

__version__ = "0.1.0"
