"""Campaigns: missions that share a sequence and a sending policy."""

from typing import Any
from uuid import UUID

from flask import Response, jsonify, request
from pydantic import Field

from rex_celery import clock
from rex_celery.outreach import campaign_views, campaigns
from rex_celery.outreach.campaign_views import Campaign
from rex_celery.outreach.campaigns import New
from rex_celery.tenancy.access import Role
from web import auth
from web.api.shapes import Body, Cursor, Line, Path, documented, listed, resource

api = resource("campaigns", "Missions that share a sequence and a sending policy, and can be held together.")

_Campaign = documented(Campaign)
_POLICY = "What differs from the tenant's policy; see PATCH /settings/policy for the fields."


class CampaignCreate(Body):
    """A campaign as ordered."""

    name: Line = Field(min_length=1, examples=["Spring"])
    sequence: Line = Field(min_length=1, description="An id, a name or a shipped key.", examples=["reactivation-multi"])
    policy: dict[str, Any] = Field(default_factory=dict, description=_POLICY)


class CampaignChange(Body):
    """The fields to set; those left out stay as they are."""

    name: Line | None = Field(None, min_length=1)
    policy: dict[str, Any] | None = Field(None, description=f"{_POLICY} null in it: the tenant's own again.")


class CampaignPath(Path):
    campaign_id: UUID


class CampaignQuery(Cursor):
    archived: bool = Field(False, description="Show archived ones, too.")


@api.get("/campaigns", responses={"200": listed(Campaign)})
@auth.needs(Role.VIEWER)
def list_page(query: CampaignQuery) -> Response:
    """Campaigns, newest first."""
    session = auth.tenant_session()
    return jsonify(campaign_views.page(session, archived=query.archived, limit=query.limit, cursor=query.cursor))


@api.post("/campaigns", responses={"201": _Campaign})
@auth.needs(Role.OPERATOR)
def create(body: CampaignCreate) -> tuple[Response, int, dict[str, str]]:
    """Store a campaign; missions are ordered in it by its id."""
    session, caller = auth.tenant_session(), auth.caller()
    new = New(body.name, body.sequence, body.policy)
    made = campaigns.create(session, caller.tenant_id, new, actor=caller.actor)
    return jsonify(made), 201, {"Location": f"{request.path}/{made.id}"}


@api.get("/campaigns/<campaign_id>", responses={"200": _Campaign})
@auth.needs(Role.VIEWER)
def show(path: CampaignPath) -> Response:
    """One campaign."""
    return jsonify(campaign_views.get(auth.tenant_session(), path.campaign_id))


@api.patch("/campaigns/<campaign_id>", responses={"200": _Campaign})
@auth.needs(Role.OPERATOR)
def change(path: CampaignPath, body: CampaignChange) -> Response:
    """Rename it or change its policy, which holds from the next message on."""
    session, caller, id_ = auth.tenant_session(), auth.caller(), path.campaign_id
    if body.name is not None:
        campaigns.rename(session, id_, body.name, actor=caller.actor)
    if body.policy is not None:
        campaigns.change_policy(session, caller.tenant_id, id_, body.policy, actor=caller.actor)
    return jsonify(campaign_views.get(session, id_))


@api.delete("/campaigns/<campaign_id>", responses={"204": None})
@auth.needs(Role.OPERATOR)
def archive(path: CampaignPath) -> tuple[str, int]:
    """Archive a campaign through which nobody is on their way."""
    campaigns.archive(auth.tenant_session(), path.campaign_id, clock.now(), actor=auth.caller().actor)
    return "", 204


@api.post("/campaigns/<campaign_id>/pause", responses={"200": _Campaign})
@auth.needs(Role.OPERATOR, always=True)
def pause(path: CampaignPath) -> Response:
    """Hold all messages of its missions."""
    campaigns.pause(auth.tenant_session(), path.campaign_id, clock.now(), actor=auth.caller().actor)
    return jsonify(campaign_views.get(auth.tenant_session(), path.campaign_id))


@api.post("/campaigns/<campaign_id>/resume", responses={"200": _Campaign})
@auth.needs(Role.OPERATOR)
def resume(path: CampaignPath) -> Response:
    """Let its messages go on."""
    campaigns.resume(auth.tenant_session(), path.campaign_id, actor=auth.caller().actor)
    return jsonify(campaign_views.get(auth.tenant_session(), path.campaign_id))
