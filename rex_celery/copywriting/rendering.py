"""Templates in a small, safe part of Jinja: names, filters from a list and conditions; nothing that loops or reaches out."""  # noqa: E501

from collections.abc import Mapping
from typing import Final

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, UndefinedError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from rex_celery.errors import InvalidError

LARGEST_TEMPLATE = 20 * 1024
LARGEST_MESSAGE = 20 * 1024

# What is not here cannot be written: no loop, no call, no attribute, no arithmetic, so no template can run long
# or reach an object behind a value.
_ALLOWED: Final = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.Filter,
    nodes.If,
    nodes.Test,
    nodes.Not,
    nodes.And,
    nodes.Or,
    nodes.Compare,
    nodes.Operand,
)
_FILTERS: Final = frozenset({"capitalize", "lower", "title", "trim", "upper"})
_TESTS: Final = frozenset({"defined", "undefined"})

_ENVIRONMENT: Final = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined,
    autoescape=False,  # messages are plain text; escaping would print &amp; at people
    trim_blocks=True,
    lstrip_blocks=True,
)
# Jinja's own globals are functions, which no template here may call; copying them took most of the time of a rendering.
_ENVIRONMENT.globals.clear()


def compile_template(source: str) -> Template:
    """A template ready to render many times.

    Raises:
        InvalidError: the source is too large, not well formed, or uses more of Jinja than messages need.

    """
    _checked(source)
    return _ENVIRONMENT.from_string(source)


def variables(source: str) -> frozenset[str]:
    """The names a template needs.

    Raises:
        InvalidError: as ``compile_template``.

    """
    return frozenset(meta.find_undeclared_variables(_checked(source)))


def render(template: Template, values: Mapping[str, str]) -> str:
    """The text; every name the template prints must be in ``values``.

    Raises:
        InvalidError: a value is missing, or the text is longer than any message may be.

    """
    try:
        text = template.render(values)
    except UndefinedError as error:
        raise InvalidError(str(error), code="content_unresolved_variable") from error
    if len(text) > LARGEST_MESSAGE:
        raise InvalidError("The message is longer than 20 KB.", code="content_too_long")
    return text


def _checked(source: str) -> nodes.Template:
    if len(source.encode()) > LARGEST_TEMPLATE:
        raise InvalidError("The template is larger than 20 KB.", code="invalid_template")
    try:
        tree = _ENVIRONMENT.parse(source)
    except TemplateSyntaxError as error:
        raise InvalidError(f"Line {error.lineno}: {error.message}", code="invalid_template") from error
    for node in _all_nodes(tree):
        if not _allowed(node):
            raise InvalidError(f"Line {node.lineno}: {_spelled(node)} may not be used here.", code="invalid_template")
    return tree


def _all_nodes(node: nodes.Node) -> list[nodes.Node]:
    found: list[nodes.Node] = []
    waiting = [node]
    while waiting:
        current = waiting.pop()
        found.append(current)
        waiting.extend(current.iter_child_nodes())
    return found


def _allowed(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Filter):
        return node.name in _FILTERS and not (node.args or node.kwargs or node.dyn_args or node.dyn_kwargs)
    if isinstance(node, nodes.Test):
        return node.name in _TESTS
    return type(node) in _ALLOWED


def _spelled(node: nodes.Node) -> str:
    name = getattr(node, "name", "")
    return f"{type(node).__name__.lower()} {name}".strip()
