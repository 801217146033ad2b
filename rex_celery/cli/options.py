"""Options and arguments that several groups share."""

from typing import Annotated

import typer

from rex_celery.cli import ids

TenantSlug = Annotated[str, typer.Option("--tenant", help="Which tenant's; see `rex tenants list`.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs: the same as JSON.")]
MissionId = Annotated[
    str, typer.Argument(parser=ids.parse, metavar="ID", help="Its id or how that begins; see `rex missions list`.")
]
KeyId = Annotated[
    str, typer.Argument(parser=ids.parse, metavar="ID", help="Its id or how that begins; see `rex keys list`.")
]
