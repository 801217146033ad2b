"""The Celery door: the app, how every task behaves, and one file per crew."""
