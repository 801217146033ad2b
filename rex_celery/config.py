"""Every environment variable of REX, typed, read once."""

from functools import cache
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

CHECKOUT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """The settings of one process; the name of each variable is the alias beside it."""

    model_config = SettingsConfigDict(
        env_prefix="REX_", env_file=None, env_ignore_empty=True, extra="ignore", populate_by_name=True
    )

    home: Path = Field(CHECKOUT / ".rex", alias="REX_HOME")
    host: str = Field("127.0.0.1", alias="REX_HOST")
    port: int = Field(8800, alias="REX_PORT", ge=1, le=65535)
    live_port: int = Field(8801, alias="REX_LIVE_PORT", ge=1, le=65535)
    flower_port: int = Field(5555, alias="REX_FLOWER_PORT", ge=1, le=65535)
    flower_host: str = Field("127.0.0.1", alias="REX_FLOWER_HOST")
    public_url: str = Field("", alias="REX_PUBLIC_URL")
    live_url: str = Field("", alias="REX_LIVE_URL")
    trusted_proxies: int = Field(0, alias="REX_TRUSTED_PROXIES", ge=0)

    database_url: str = Field("", alias="DATABASE_URL")
    app_database_url: str = Field("", alias="REX_APP_DATABASE_URL")
    redis_url: str = Field("", alias="REDIS_URL")
    secret_key: SecretStr = Field(SecretStr(""), alias="REX_SECRET_KEY")
    secret_key_before: SecretStr = Field(SecretStr(""), alias="REX_SECRET_KEY_BEFORE")
    # The REX that the rex command speaks to, and the key it shows; empty: the one of this machine, with its own key.
    url: str = Field("", alias="REX_URL")
    api_key: SecretStr = Field(SecretStr(""), alias="REX_API_KEY")

    database_pool: int = Field(8, alias="REX_DATABASE_POOL", ge=1)
    worker_concurrency: int = Field(4, alias="REX_WORKER_CONCURRENCY", ge=1)
    queue_depth: int = Field(32, alias="REX_QUEUE_DEPTH", ge=1)
    crew_slots: int = Field(3, alias="REX_CREW_SLOTS", ge=1)
    lease_seconds: int = Field(60, alias="REX_LEASE_SECONDS", ge=1)
    stall_seconds: int = Field(7200, alias="REX_STALL_SECONDS", ge=1)
    requests_per_minute: int = Field(100, alias="REX_REQUESTS_PER_MINUTE", ge=1)
    upload_megabytes: int = Field(1024, alias="REX_UPLOAD_MEGABYTES", ge=1)
    max_dormant_days: int = Field(365, alias="REX_MAX_DORMANT_DAYS", ge=1)
    # A provider sends again for a day what it thinks we missed; until then its events must be known.
    inbound_days: int = Field(30, alias="REX_INBOUND_DAYS", ge=2)
    # Let webhooks out go to plain HTTP and to addresses of this machine and its network.
    webhooks_private: bool = Field(False, alias="REX_WEBHOOKS_PRIVATE")
    log_level: str = Field("INFO", alias="REX_LOG_LEVEL")

    smtp_host: str = Field("", alias="REX_SMTP_HOST")
    smtp_port: int = Field(587, alias="REX_SMTP_PORT", ge=1, le=65535)
    smtp_username: str = Field("", alias="REX_SMTP_USERNAME")
    smtp_password: SecretStr = Field(SecretStr(""), alias="REX_SMTP_PASSWORD")
    smtp_security: str = Field("starttls", alias="REX_SMTP_SECURITY", pattern="^(starttls|tls|none)$")
    smtp_timeout_seconds: int = Field(30, alias="REX_SMTP_TIMEOUT_SECONDS", ge=1)

    # A language model, at OpenAI or at any server with the same API; without a key none is asked.
    openai_api_key: SecretStr = Field(SecretStr(""), alias="REX_OPENAI_API_KEY")
    openai_base_url: str = Field("", alias="REX_OPENAI_BASE_URL")
    openai_model: str = Field("gpt-4o-mini", alias="REX_OPENAI_MODEL")

    @model_validator(mode="after")
    def _derive(self) -> Self:
        self.home = self.home.expanduser().resolve()
        self.public_url = (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")
        self.live_url = (self.live_url or f"http://{self.host}:{self.live_port}").rstrip("/")
        self.database_url = _with_driver(self.database_url)
        self.app_database_url = _with_driver(self.app_database_url) or self.database_url
        return self

    @property
    def delivery(self) -> str:
        """Where e-mail goes: ``smtp`` when a server is named, else the built-in ``outbox``."""
        return "smtp" if self.smtp_host else "outbox"


@cache
def settings() -> Settings:
    """The settings of this process.

    Raises:
        pydantic.ValidationError: a variable has a value REX cannot use.

    """
    return Settings()


def _with_driver(url: str) -> str:
    """SQLAlchemy must be told to use psycopg 3; people write plain postgres:// addresses."""
    for plain in ("postgres://", "postgresql://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url
