"""There is one way to do each dangerous thing: commit, send, read the environment, catch everything."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.source import Source, name_of, sources

# SQL that brings a message nearer to a person; only the ledger and the outbox, which is a part of it, hold it.
CLAIMS = re.compile(r"UPDATE messages\b.*SET state = '(claimed|accepted)'|INSERT INTO outbox", re.DOTALL)
LEDGER_CALLS = {"ledger.claim", "outbox.deliver", "delivery.email_sender"}


def test_only_db_commits() -> None:
    assert {source.path for source in sources() if _method_called(source, "commit")} == {"rex_celery/db.py"}


def test_only_db_opens_sessions_and_engines() -> None:
    openers = re.compile(r"\b(Session\(engine|create_engine\(|sessionmaker\(|psycopg\.connect\()")
    found = {source.path for source in sources() if openers.search(source.text)}

    # Roles and databases are made before there is anything to have a transaction on.
    assert found - {"rex_celery/embedded/logins.py"} == {"rex_celery/db.py"}


def test_only_the_agent_outreach_takes_messages_out_of_the_ledger_and_to_a_sender() -> None:
    found = {source.path for source in sources() for call in source.calls() if name_of(call.func) in LEDGER_CALLS}

    assert found == {"rex_celery/agents/outreach.py"}


def test_only_those_who_send_mark_messages_as_claimed_or_delivered() -> None:
    found = {source.path for source in sources() if any(CLAIMS.search(text) for text in _texts(source))}

    # At once into the outbox; over days claimed when due, boxed or recorded, and settled when nobody heard the end.
    assert found == {f"rex_celery/outreach/{name}.py" for name in ("outbox", "due", "sending", "unknowns")}


def test_only_the_base_of_all_tasks_catches_everything() -> None:
    found = {
        source.path
        for source in sources()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler) and _catches_everything(node) and not _raises_again(node)
    }

    assert found == {"workers/base.py"}


def test_the_world_is_spoken_to_in_integrations_only() -> None:
    clients = {"http.client", "urllib.request", "smtplib", "ftplib", "imaplib"}
    found = {source.path for source in sources() if clients & set(_imported(source))}

    # `rex up` asks its own web process whether it is ready.
    outside = {path for path in found if not path.startswith("rex_celery/integrations/")}
    assert outside == {"rex_celery/embedded/readiness.py"}


def test_nobody_sleeps_but_who_waits_for_a_process_or_a_socket() -> None:
    sleepers = {"time.sleep", "sleep", "gevent.sleep"}
    waiting = ("rex_celery/embedded/", "rex_celery/realtime/", "rex_celery/cli/", "web/live.py", "web/sockets.py")
    found = {source.path for source in sources() for call in source.calls() if name_of(call.func) in sleepers}

    # The command line waits its turn when REX says that it asked too often; what a provider answered is stored again
    # when Postgres broke the first try off.
    allowed = {"rex_celery/integrations/rex_api.py", "rex_celery/db.py"}
    assert not {path for path in found if not path.startswith(waiting)} - allowed


def _method_called(source: Source, name: str) -> bool:
    return any(isinstance(call.func, ast.Attribute) and call.func.attr == name for call in source.calls())


def _texts(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _catches_everything(clause: ast.ExceptHandler) -> bool:
    caught = clause.type
    if caught is None:
        return True
    names = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return bool({name_of(one) for one in names} & {"Exception", "BaseException"})


def _raises_again(clause: ast.ExceptHandler) -> bool:
    last = clause.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def _imported(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
