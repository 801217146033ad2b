"""Each round: what happened is handed on, and a worker is sent to every endpoint for which something is due."""

from rex_celery import broker, clock, crews
from rex_celery.flow import NORMAL, Call
from rex_celery.webhooks import deliver, fanout

# A worker that could not begin within two rounds is sent again.
_EXPIRES = 4


def run_round() -> int:
    """Hand on and send out; gives for how many endpoints something is due. Safe side by side."""
    now = clock.now()
    fanout.run_round(now)
    waiting = deliver.due(now)
    if waiting:
        queue = crews.queue_of(crews.Crew.SPECIAL_FORCES)
        ids = ((str(tenant_id), str(endpoint_id)) for tenant_id, endpoint_id in waiting)
        broker.publish([Call("special_forces.deliver_webhooks", each, queue, NORMAL, expires=_EXPIRES) for each in ids])
    return len(waiting)
