"""The API's description knows shapes by their names: two of one name would describe each other's answers."""

import json
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from pydantic import BaseModel

import web.api


def _all(base: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for made in base.__subclasses__():
        yield made
        yield from _all(made)


def test_no_two_shapes_have_one_name() -> None:
    for module in iter_modules(web.api.__path__):
        import_module(f"web.api.{module.name}")
    shapes: dict[str, set[str]] = defaultdict(set)
    for model in {one for one in _all(BaseModel) if one.__module__.startswith("web.")}:
        # The parameters of paths and queries are described where they are used, without a name.
        if issubclass(model, (web.api.shapes.Path, web.api.shapes.Query)):
            continue
        schema = model.model_json_schema()
        for name, shape in {**schema.pop("$defs", {}), model.__name__: schema}.items():
            shapes[name].add(json.dumps(shape, sort_keys=True))
    assert len(shapes) > 100
    assert [name for name, found in shapes.items() if len(found) > 1] == []
