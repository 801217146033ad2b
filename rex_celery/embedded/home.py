"""The folder of one installation: where its data, logs, locks and secrets are."""

import errno
import json
import os
import secrets
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from rex_celery.errors import RefusedError

# A new cluster takes 40 MB and its log grows from 16 MB on; with less than this the first import would fill the disk.
LEAST_FREE_BYTES = 200 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Home:
    """The paths inside REX_HOME."""

    path: Path

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def valkey(self) -> Path:
        return self.path / "valkey"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def state_file(self) -> Path:
        return self.path / "state.json"

    @property
    def up_file(self) -> Path:
        return self.path / "up.json"

    @property
    def api_key_file(self) -> Path:
        return self.path / "api-key"

    def lock(self, name: str) -> Path:
        return self.path / f"{name}.lock"


@dataclass(frozen=True, slots=True)
class State:
    """What must survive a restart: passwords, ports (0 is not chosen yet) and the key that signs links and sessions."""

    secret_key: str
    owner_password: str
    login_password: str
    valkey_password: str
    postgres_port: int = 0
    valkey_port: int = 0

    @property
    def database_url(self) -> str:
        """The owner's address, for migrations."""
        return f"postgresql+psycopg://rex_owner:{self.owner_password}@127.0.0.1:{self.postgres_port}/rex"

    @property
    def app_database_url(self) -> str:
        """The application's address; its login owns nothing and may only take the roles REX grants it."""
        return f"postgresql+psycopg://rex_login:{self.login_password}@127.0.0.1:{self.postgres_port}/rex"

    @property
    def redis_url(self) -> str:
        return f"redis://:{self.valkey_password}@127.0.0.1:{self.valkey_port}/0"


def open_home(path: Path, *, least_free: int = LEAST_FREE_BYTES) -> Home:
    """Make the folder if need be and see that REX can work in it.

    Raises:
        RefusedError: it cannot be made or written to, or its disk is full.

    """
    try:
        # Root hands the database's folder to an ordinary account, which must be able to pass through this one.
        path.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        (path / "logs").mkdir(mode=0o700, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path) as probe:
            probe.write(b"REX can write here")
            probe.flush()
        free = shutil.disk_usage(path).free
    except OSError as error:
        raise refusal(error, path) from error
    if free < least_free:
        raise disk_full(path, free)
    return Home(path)


def load_state(path: Path) -> State | None:
    """The state kept in this REX_HOME, or None before the first start.

    Raises:
        RefusedError: the file is there and cannot be read or understood.

    """
    file = Home(path).state_file
    try:
        return State(**json.loads(file.read_text("utf-8")))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise refusal(error, file) from error
    except (ValueError, TypeError) as error:
        raise RefusedError(
            f"{file} is damaged: {error}",
            code="state_damaged",
            action="Restore it from a backup. If there is none, delete it: REX makes new passwords, "
            "and links signed with the old key stop working.",
        ) from error


def new_state() -> State:
    """Fresh secrets for a new installation."""
    key, owner, login, valkey = (secrets.token_urlsafe(32) for _ in range(4))
    return State(key, owner, login, valkey)


def save_state(home: Home, state: State) -> None:
    """Keep the state so that only its owner can read it."""
    write_private(home.state_file, json.dumps(asdict(state), indent=1))


def write_private(file: Path, text: str) -> None:
    """Replace a file at once, mode 0600: a reader sees the old text or the new one, never half.

    Raises:
        RefusedError: the disk is full or the folder cannot be written to.

    """
    fresh = file.with_name(file.name + ".new")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(file)
    except OSError as error:
        raise refusal(error, file) from error


def refusal(error: OSError, path: Path) -> RefusedError:
    """The operating system's no, as something a person can act on."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return disk_full(path, 0)
    return RefusedError(
        f"REX cannot write to {path}: {error.strerror or error}.",
        code="home_not_writable",
        action="Give this account the right to write there, or set REX_HOME to another folder.",
    )


def disk_full(path: Path, free: int) -> RefusedError:
    """The disk under REX_HOME has no room to work."""
    return RefusedError(
        f"The disk under {path} is full: {free // 2**20} MB are free.",
        code="disk_full",
        action=f"Free at least {LEAST_FREE_BYTES // 2**20} MB, or set REX_HOME to a folder on another disk.",
    )
