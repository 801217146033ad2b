"""What gunicorn loads: ``web.wsgi:app``."""

from rex_celery import config
from rex_celery import log as logging
from rex_celery.embedded import services
from web.app import create_app

logging.configure(services.attach(config.settings()).log_level)
app = create_app()
