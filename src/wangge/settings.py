"""The settings of one installation, read from the environment.

Nothing secret stands here: keys are files in the data folder (or where the environment points),
made on first use and readable by their owner only.
"""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from hashlib import blake2b
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from wangge.ground.kernel.clock import data_folder


def env_bool(name: str, default: bool) -> bool:
    """An on/off setting: 1, true, yes, on count as on."""
    return os.environ.get(name, str(default)).strip().lower() in {"1", "true", "yes", "on"}


def env_list(name: str, default: str) -> list[str]:
    """A comma-separated setting."""
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def env_networks(name: str, default: str) -> list[IPv4Network | IPv6Network]:
    """A comma-separated setting of addresses and networks."""
    try:
        return [ip_network(part, strict=False) for part in env_list(name, default)]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}") from None


def fingerprint(folder: Path) -> str:
    """A short word that changes with whatever is in a folder."""
    told = blake2b(digest_size=6)
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        told.update(f"{file.relative_to(folder)}\0{file.stat().st_size}\0".encode())
        told.update(file.read_bytes())
    return told.hexdigest()


def tile_address(name: str) -> str:
    """The address of map tiles with {z}, {x} and {y} in it, of a plain host, or nothing."""
    address = os.environ.get(name, "").strip()
    plain = re.fullmatch(r"https?://[\w.-]+(:\d+)?/\S*", address)
    if address and not (plain and all(part in address for part in ("{z}", "{x}", "{y}"))):
        raise ImproperlyConfigured(
            f"{name}: expected an address such as https://tiles.example.cn/{{z}}/{{x}}/{{y}}.png"
        )
    return address


def secret_file(path: Path) -> str:
    """The secret kept in a file, made on first use with owner-only rights.

    It is written aside and linked into place, so that of two processes that start at once neither
    reads an empty secret and both read the same.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            out.write(secrets.token_urlsafe(48))
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileExistsError):
            os.link(aside, path)
        aside.unlink()
    return path.read_text().strip()


def database(url: str | None) -> dict[str, object]:
    """Django's database settings for a PostgreSQL address, or for SQLite in the data folder."""
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(data_folder() / "wangge.sqlite3"),
            "OPTIONS": {
                # Writers queue from the start of their transaction instead of failing in its middle.
                "transaction_mode": "IMMEDIATE",
                "timeout": 10,
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-64000; "
                    "PRAGMA mmap_size=268435456; PRAGMA temp_store=MEMORY"
                ),
            },
        }
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ValueError("DATABASE_URL must begin with postgresql://")
    options = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    options = {key: unquote(value) for key, value in options.items()}
    host = options.pop("host", parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**options, "application_name": "wangge"},
    }


BASE = Path(__file__).resolve().parent
DATA = data_folder()
DEBUG = env_bool("WANGGE_DEBUG", False)
SECRET_KEY = secret_file(Path(os.environ.get("WANGGE_SECRET_FILE") or DATA / "secret.key"))
KEY_FOLDER = Path(os.environ.get("WANGGE_KEYS") or DATA / "keys")
KEY_SERVICE = os.environ.get("WANGGE_KEY_SERVICE", "").rstrip("/")
KEY_SERVICE_PATH = os.environ.get("WANGGE_KEY_SERVICE_PATH", "secret/wangge")
KEY_SERVICE_TOKEN_FILE = os.environ.get("WANGGE_KEY_SERVICE_TOKEN_FILE", "")
KEY_SERVICE_CA_FILE = os.environ.get("WANGGE_KEY_SERVICE_CA_FILE", "")
KEY_SERVICE_CERTIFICATE_FILE = os.environ.get("WANGGE_KEY_SERVICE_CERTIFICATE_FILE", "")
EVIDENCE_FOLDER = Path(os.environ.get("WANGGE_EVIDENCE") or DATA / "evidence")
PACK_FOLDER = Path(os.environ.get("WANGGE_PACKS") or BASE.parent.parent / "packs")
ALLOWED_HOSTS = env_list("WANGGE_HOSTS", "127.0.0.1,localhost,[::1],testserver")
CSRF_TRUSTED_ORIGINS = env_list("WANGGE_ORIGINS", "")
TRUSTED_PROXIES = env_networks("WANGGE_TRUSTED_PROXIES", "")
HTTPS = env_bool("WANGGE_HTTPS", False)
SITE_URL = os.environ.get("WANGGE_SITE_URL", "http://127.0.0.1:8000").rstrip("/")
WEBHOOK_KEY = secret_file(Path(os.environ.get("WANGGE_WEBHOOK_KEY_FILE") or DATA / "webhook.key"))

TILES = tile_address("WANGGE_TILES")
TILES_HOST = TILES and "{0.scheme}://{0.netloc}".format(urlsplit(TILES))
TILES_GCJ02 = env_bool("WANGGE_TILES_GCJ02", False)
TILES_CREDIT = os.environ.get("WANGGE_TILES_CREDIT", "").strip()

# For each web worker: the calls a second of one sender, and the reports that may wait to be written.
API_RATE = float(os.environ.get("WANGGE_RATE", "2000"))
API_WAITING = int(os.environ.get("WANGGE_WAITING", "512"))

EMAIL_HOST = os.environ.get("WANGGE_SMTP_HOST", "")
EMAIL_PORT = int(os.environ.get("WANGGE_SMTP_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("WANGGE_SMTP_USER", "")
EMAIL_HOST_PASSWORD = (
    Path(os.environ["WANGGE_SMTP_PASSWORD_FILE"]).read_text().strip()
    if "WANGGE_SMTP_PASSWORD_FILE" in os.environ
    else ""
)
EMAIL_USE_TLS = env_bool("WANGGE_SMTP_TLS", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("WANGGE_MAIL_FROM", "wangge@localhost")
MAIL_DOMAIN = DEFAULT_FROM_EMAIL.rpartition("@")[2]

DATABASES = {"default": database(os.environ.get("DATABASE_URL"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.Person"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "wangge.ground.journal",
    "wangge.ground.areas",
    "wangge.ground.accounts",
    "wangge.ground.responses",
    "wangge.spine.clocks",
    "wangge.spine.messaging",
    "wangge.spine.forms",
    "wangge.duties.matters",
    "wangge.duties.dutylog",
    "wangge.duties.observation",
    "wangge.duties.venues",
    "wangge.duties.rosters",
    "wangge.duties.drills",
    "wangge.duties.checkpoints",
    "wangge.picture.figures",
    "wangge.picture.bulletins",
    "wangge.picture.tables",
    "wangge.picture.endings",
    "wangge.doors.desk",
    "wangge.doors.api",
    "wangge.upkeep",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "wangge.doors.desk.middleware.SecurityHeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "wangge.doors.desk.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "wangge.doors.desk.middleware.SignedInMiddleware",
    "wangge.doors.desk.middleware.ProblemMiddleware",
]

ROOT_URLCONF = "wangge.urls"
ASGI_APPLICATION = "wangge.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "wangge.doors.desk.context.frame",
            ],
        },
    }
]

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [BASE / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATICFILES_DIRS = [BASE / "static"]
# The address of a static file names what all of them say, so a browser keeps it and never asks again.
STATIC_URL = "/static/" if DEBUG else f"/static/{fingerprint(BASE / 'static')}/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_IMMUTABLE_FILE_TEST = "^/static/[0-9a-f]{12}/"

LOGIN_URL = "/sign-in"
CSRF_FAILURE_VIEW = "wangge.doors.desk.pages.failures.token_missing"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = False
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * 1024 * 1024

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"discreet": {"()": "wangge.doors.discretion.Discreet"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["discreet"]}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("WANGGE_LOG", "WARNING")},
    "loggers": {"wangge": {"level": os.environ.get("WANGGE_LOG", "INFO")}},
}
