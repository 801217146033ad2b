"""The 28 agents and what they did for this tenant."""

from flask import Response, jsonify
from pydantic import create_model

from rex_celery.agents import statistics
from rex_celery.agents.statistics import AgentStatus
from rex_celery.tenancy.access import Role
from web import auth
from web.api.shapes import resource

api = resource("agents", "28 agents in 5 crews.")


@api.get(
    "/agents/status",
    responses={"200": create_model("AgentPage", __doc__="All agents by crew.", items=(list[AgentStatus], ...))},
)
@auth.needs(Role.VIEWER)
def status() -> Response:
    """Every agent with its job, whether it is built, and its record."""
    return jsonify({"items": statistics.of_all(auth.tenant_session())})
