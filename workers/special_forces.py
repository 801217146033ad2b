"""The special_forces crew's tasks."""

from uuid import UUID

from rex_celery.agents.analytics import Analytics
from rex_celery.outreach import calendar_writing
from rex_celery.tenancy import credentials
from rex_celery.webhooks import deliver
from workers.app import app
from workers.base import AgentTask, by_ids, carry_out, guard


@app.task(name="special_forces.analytics", base=AgentTask, bind=True)
def analytics(self: AgentTask, *ids: str | int) -> str:
    """Count what a mission did."""
    return carry_out(self, Analytics(guard), ids)


@app.task(name="special_forces.deliver_webhooks")
def deliver_webhooks(*ids: str) -> str:
    """Post what is due to one endpoint."""

    def work(tenant_id: UUID, endpoint_id: UUID) -> int:
        return deliver.deliver(tenant_id, endpoint_id, credentials.decrypt)

    return by_ids("special_forces.deliver_webhooks", work, ids)


@app.task(name="special_forces.write_calendars")
def write_calendars(*ids: str) -> str:
    """Write a tenant's meetings into its hosts' calendars."""
    return by_ids("special_forces.write_calendars", calendar_writing.write, ids)
