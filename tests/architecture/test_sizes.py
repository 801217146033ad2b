"""Small files, small functions, and what each file says of itself."""

import ast
import re
from statistics import median

import pytest

from tests.architecture.source import CHECKOUT, Source, length, name_of, sources

LONGEST_FILE, MEDIAN_FILE = 300, 90
LONGEST_FUNCTION, MEDIAN_FUNCTION = 40, 8
MOST_PARAMETERS = 5
VAGUE = {"manager", "handler", "processor", "helper", "util", "utils", "common", "data", "info"}
EXPLAINED = {
    ("rex_celery/agents/data_steward.py", "data_steward"): "an agent of the roster",
    ("rex_celery/agents/data_steward.py", "DataSteward"): "an agent of the roster",
    ("workers/dead_lead.py", "data_steward"): "an agent of the roster",
    ("rex_celery/embedded/postgres.py", "data"): "Postgres' own word for the folder of a cluster",
}
WORDS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
BARE = re.compile(r"#\s*(type:\s*ignore(?!\[)|noqa(?!: ?[A-Z]))")
EVERY = sources()
# Tests and benches have no captions to keep and may be as long as their cases are; words and codes hold for all.
WRITTEN = sources("rex_celery", "workers", "web", "tests", "bench", "alembic")


@pytest.mark.parametrize("source", EVERY, ids=lambda source: source.path)
def test_a_file_is_short(source: Source) -> None:
    assert source.lines <= LONGEST_FILE


@pytest.mark.parametrize("source", EVERY, ids=lambda source: source.path)
def test_its_functions_are_short(source: Source) -> None:
    long = {function.name: length(function) for function in source.functions() if length(function) > LONGEST_FUNCTION}

    assert not long


def test_most_files_and_functions_are_very_short() -> None:
    files = median(source.lines for source in EVERY if source.lines > 1)
    functions = median(length(function) for source in EVERY for function in source.functions())

    assert files <= MEDIAN_FILE
    assert functions <= MEDIAN_FUNCTION


@pytest.mark.parametrize("source", EVERY, ids=lambda source: source.path)
def test_a_file_opens_with_one_sentence(source: Source) -> None:
    caption = (ast.get_docstring(source.tree) or "").partition("\n\n")[0]

    assert caption.endswith(".")
    assert "\n" not in caption


@pytest.mark.parametrize("source", EVERY, ids=lambda source: source.path)
def test_names_say_something(source: Source) -> None:
    named = [node.name for node in ast.walk(source.tree) if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    module = source.path.removesuffix(".py").rpartition("/")[2]
    vague = {(source.path, name) for name in (module, *named) if _parts(name) & VAGUE}

    assert vague <= set(EXPLAINED)


@pytest.mark.parametrize("source", WRITTEN, ids=lambda source: source.path)
def test_nothing_is_left_for_later_and_every_exception_is_named(source: Source) -> None:
    if source.path == "tests/architecture/test_sizes.py":
        return  # it has to spell them
    assert not WORDS.search(source.text)
    assert not BARE.search(source.text)


@pytest.mark.parametrize("source", sources("tests"), ids=lambda source: source.path)
def test_a_test_that_is_left_out_says_why(source: Source) -> None:
    markers = ("pytest.mark.skip", "pytest.mark.skipif", "pytest.mark.xfail", "pytest.skip")
    for call in source.calls():
        if name_of(call.func) in markers:
            assert call.args or {"reason", "msg"} & {keyword.arg for keyword in call.keywords}
    bare = [node for node in ast.walk(source.tree) if isinstance(node, ast.Attribute) and name_of(node) in markers[:3]]
    called = [call.func for call in source.calls()]
    assert all(node in called for node in bare)


def test_the_screen_is_made_of_small_files() -> None:
    long = {}
    for path in (CHECKOUT / "web" / "ui" / "src").rglob("*.ts*"):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > 250 and path.name != "schema.d.ts":  # that one is generated
            long[path.name] = lines

    assert not long


def _parts(name: str) -> set[str]:
    return set(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().split("_"))
