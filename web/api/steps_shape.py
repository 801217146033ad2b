"""The documentation of a sequence's steps as somebody writes them; what is wrong with them is told by outreach."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, WithJsonSchema

from rex_celery.outreach.step_problems import MOST_STEPS
from rex_celery.outreach.step_shapes import LAST_DAY
from rex_celery.outreach.steps import Condition, OnFail
from rex_celery.vocabulary import Channel


class StepIn(BaseModel):
    """One step; docs/sequences.md has the language of subject and body."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(description="a-z, 0-9 and -; names the step for ever.", examples=["opening"])
    channel: Channel
    day: int = Field(ge=0, le=LAST_DAY, description="Counted from the arrival of the first message.")
    subject: str = Field("", description="E-mail only; empty: in the thread of the first e-mail.")
    body: str = Field("", description="Text with {{ variables }}, {% if … %}, {one|another} and {{ snippet.name }}.")
    condition: Condition = Condition.ALWAYS
    condition_step: str = Field("", description="The key of the step it looks at; empty: any before it.")
    on_fail: OnFail = OnFail.SKIP
    substitute: Channel | None = None
    todo: bool = Field(False, description="Asks a person of yours to act, and sends nothing.")
    framework: bool = Field(False, description="The first touch in one of four frameworks; has no text of its own.")


def _schema() -> dict[str, Any]:
    schema = TypeAdapter(StepIn).json_schema()
    kinds = schema.pop("$defs")
    for name, kind in {"channel": "Channel", "condition": "Condition", "on_fail": "OnFail"}.items():
        schema["properties"][name] = kinds[kind]
    schema["properties"]["substitute"] = {"anyOf": [kinds["Channel"], {"type": "null"}]}
    return {"type": "array", "items": schema, "minItems": 1, "maxItems": MOST_STEPS}


Steps = Annotated[Any, WithJsonSchema(_schema())]
"""Steps as they came in: all problems are told at once, so nothing is checked here."""
