"""Templates in a small, safe part of Jinja: names, filters from a list and conditions; nothing that loops or reaches out."""  # noqa: E501

from collections.abc import Mapping
from typing import Final

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, UndefinedError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from rex_celery.errors import InvalidError

LARGEST_TEMPLATE = 20 * 1024
LARGEST_MESSAGE = 20 * 1024
# Far deeper than anybody writes, and far from where Python's own compiler gives up.
DEEPEST = 40

# What is not here cannot be written: no loop, no call, no attribute, no arithmetic, so no template can run long
# or reach an object behind a value.
_ALLOWED: Final = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
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
# Not None, True or False: printed at a person they are a mistake.
_PLAIN: Final = (str, int)


class Unknown(StrictUndefined):
    """What nobody knows: a template may ask for it (``{% if city %}``), and may not print it."""

    __slots__ = ()

    def __bool__(self) -> bool:  # type: ignore[override]  # the strict one never answers
        return False


_ENVIRONMENT: Final = ImmutableSandboxedEnvironment(
    undefined=Unknown,
    autoescape=False,  # messages are plain text; escaping would print &amp; at people
    trim_blocks=True,
    lstrip_blocks=True,
)
# Jinja's own globals are functions, which no template here may call; copying them took most of the time of a rendering.
_ENVIRONMENT.globals.clear()


def compile_template(source: str, most: int = LARGEST_TEMPLATE) -> Template:
    """A template of at most so many bytes, ready to render many times.

    Raises:
        InvalidError: the source is too large, not well formed, or uses more of Jinja than messages need.

    """
    _checked(source, most)
    return _ENVIRONMENT.from_string(source)


def variables(source: str) -> frozenset[str]:
    """The names a template needs.

    Raises:
        InvalidError: as ``compile_template``.

    """
    return frozenset(meta.find_undeclared_variables(_checked(source)))


def names(source: str, most: int = LARGEST_TEMPLATE) -> tuple[tuple[str, int], ...]:
    """Each name that stands in a template, with its line; in no particular order.

    Raises:
        InvalidError: as ``compile_template``.

    """
    return tuple(
        (node.name, node.lineno) for node in _all_nodes(_checked(source, most)) if isinstance(node, nodes.Name)
    )


def render(template: Template, values: Mapping[str, str]) -> str:
    """The text; every name the template prints must be in ``values``.

    Raises:
        InvalidError: a value is missing, or the text is longer than any message may be.

    """
    try:
        text = template.render(values)
    except UndefinedError as error:
        raise InvalidError(str(error), code="content_unresolved_variable") from error
    except TypeError as error:  # a text compared with a number
        raise InvalidError(f"The template cannot be worked out: {error}.", code="invalid_template") from error
    if len(text) > LARGEST_MESSAGE:
        raise InvalidError("The message is longer than 20 KB.", code="content_too_long")
    return text


def _checked(source: str, most: int = LARGEST_TEMPLATE) -> nodes.Template:
    try:
        if len(source.encode()) > most:
            raise InvalidError(f"The template is larger than {most // 1024} KB.", code="invalid_template")
        tree = _ENVIRONMENT.parse(source)
    except UnicodeEncodeError as error:
        raise InvalidError("The template holds half a character.", code="invalid_template") from error
    except TemplateSyntaxError as error:
        raise InvalidError(f"Line {error.lineno}: {error.message}", code="invalid_template") from error
    except (RecursionError, ValueError) as error:  # a thousand brackets, or a number with as many digits
        raise InvalidError("The template is too deeply nested.", code="invalid_template") from error
    for node in _all_nodes(tree):
        if not _allowed(node):
            raise InvalidError(f"Line {node.lineno}: {_spelled(node)} may not be used here.", code="invalid_template")
    return tree


def _all_nodes(tree: nodes.Node) -> list[nodes.Node]:
    found: list[nodes.Node] = []
    level: list[nodes.Node] = [tree]
    for _ in range(DEEPEST):
        found += level
        level = [child for node in level for child in node.iter_child_nodes()]
        if not level:
            return found
    raise InvalidError(f"Line {level[0].lineno}: the template is too deeply nested.", code="invalid_template")


def _allowed(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Filter | nodes.Test):
        known = _FILTERS if isinstance(node, nodes.Filter) else _TESTS
        return node.name in known and not (node.args or node.kwargs or node.dyn_args or node.dyn_kwargs)
    if isinstance(node, nodes.Const):
        return type(node.value) in _PLAIN
    return type(node) in _ALLOWED


def _spelled(node: nodes.Node) -> str:
    name = getattr(node, "name", "")
    return f"{type(node).__name__.lower()} {name}".strip()
