"""How gunicorn serves the web process: its address, processes and threads."""

from rex_celery.config import settings

_host, _port = settings().host, settings().port

bind = f"[{_host}]:{_port}" if ":" in _host else f"{_host}:{_port}"
# Kept-alive connections stay with the process that took them, and never in equal shares: with two processes one core
# was often idle (`make bench ARGS=web`: twice the mission pages a second with four).
workers = 4
worker_class = "gthread"
threads = 4
# The app is imported once and forked; it opens its connections with its first request.
preload_app = True
timeout = 120  # an import of a million rows is one request
graceful_timeout = 10
keepalive = 5
proc_name = "rex-web"
# Its socket in the home directory is one more door that nobody here uses.
control_socket_disable = True
