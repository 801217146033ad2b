"""Options and arguments that several groups share."""

from typing import Annotated
from uuid import UUID

import typer

TenantSlug = Annotated[str, typer.Option("--tenant", help="Which tenant's; see `rex tenants list`.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs: the same as JSON.")]
MissionId = Annotated[UUID, typer.Argument(help="Its id; see `rex missions list`.")]
