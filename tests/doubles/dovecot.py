"""Dovecot, a mail server that somebody else wrote, with a mailbox for whoever signs in."""

import grp
import imaplib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from rex_celery.embedded import ports
from rex_celery.integrations.imap import ImapServer
from tests.absent import absent

PASSWORD = "correct-horse"
# Mail may not belong to root.
_NOBODY = 65534
_CONFIG = """
base_dir = {home}/run
log_path = {home}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{home}/cert.pem
ssl_key = <{home}/key.pem
disable_plaintext_auth = no
auth_failure_delay = 0
mail_location = maildir:{home}/mail/%u
first_valid_uid = 1
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Spam {{
    auto = create
    special_use = \\Junk
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Dovecot:
    """A running server; ``port`` is plain, ``tls_port`` encrypted with a certificate that nobody signed."""

    port: int
    tls_port: int

    def server(self, user: str, password: str = PASSWORD) -> ImapServer:
        """Where this user's mail is, for REX."""
        return ImapServer("127.0.0.1", user, password, port=self.port, security="none", timeout=10)

    @contextmanager
    def signed_in(self, user: str) -> Iterator[imaplib.IMAP4]:
        """The user's own mail program."""
        with imaplib.IMAP4("127.0.0.1", self.port, timeout=10) as client:
            client.login(user, PASSWORD)
            yield client

    def deliver(self, user: str, *mails: bytes, folder: str = "INBOX", at: datetime | None = None) -> None:
        """Put mails into a folder as if they had just come, or at another moment."""
        with self.signed_in(user) as client:
            for raw in mails:
                status, answer = client.append(folder, "", at, raw)  # type: ignore[arg-type]  None is now
                assert status == "OK", answer


@contextmanager
def running() -> Iterator[Dovecot]:
    """Start a server on this machine and stop it again."""
    program = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
    if program is None:
        absent("Dovecot (Debian: apt-get install dovecot-imapd)")
    home = Path(tempfile.mkdtemp(prefix="rex-dovecot-"))
    served = Dovecot(ports.free_port(), ports.free_port())
    (home / "dovecot.conf").write_text(_settings(home, served))
    process = subprocess.Popen([str(program), "-F", "-c", str(home / "dovecot.conf")], cwd=home)
    try:
        _wait(process, served.port, home)
        yield served
    finally:
        process.terminate()
        process.wait(timeout=20)
        shutil.rmtree(home, ignore_errors=True)


def _settings(home: Path, served: Dovecot) -> str:
    home.chmod(0o711)
    (home / "mail").mkdir()
    _write_certificate(home)
    is_root = os.getuid() == 0
    if is_root:
        os.chown(home / "mail", _NOBODY, _NOBODY)
    me = pwd.getpwuid(os.getuid()).pw_name
    return _CONFIG.format(
        home=home,
        port=served.port,
        tls_port=served.tls_port,
        password=PASSWORD,
        internal="dovecot" if is_root else me,
        internal_group="dovecot" if is_root else grp.getgrgid(os.getgid()).gr_name,
        login="dovenull" if is_root else me,
        uid=_NOBODY if is_root else os.getuid(),
        gid=_NOBODY if is_root else os.getgid(),
    )


def _write_certificate(home: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)  # noqa: TID251  the server looks at the real clock
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (home / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (home / "key.pem").write_bytes(secret)


def _wait(process: subprocess.Popen[bytes], port: int, home: Path) -> None:
    ends = time.monotonic() + 20
    while time.monotonic() < ends and process.poll() is None:
        try:
            with imaplib.IMAP4("127.0.0.1", port, timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    log = home / "log"
    raise AssertionError(f"Dovecot did not start: {log.read_text() if log.exists() else process.poll()}")
