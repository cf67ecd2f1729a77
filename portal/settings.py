"""Settings. Everything a site may want to change is an environment variable `VITRINE_*`, listed in docs/settings.md."""

import contextlib
import os
import re
import secrets
from pathlib import Path
from typing import Any

import dj_database_url
from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent


def _flag(name: str) -> bool:
    return os.environ.get(name, "").lower() in {"1", "true", "yes", "on"}


DATA = Path(os.environ.get("VITRINE_DATA", BASE_DIR / "data")).resolve()
DATA.mkdir(parents=True, exist_ok=True)


def _secret_key() -> str:
    """The key from the environment, else one made once and kept in the data folder, readable by its owner only."""
    if key := os.environ.get("VITRINE_SECRET_KEY"):
        return key
    path = DATA / "secret-key"
    if not path.exists():
        # Made whole under another name, so that no process reads half of it, and the first one wins.
        fresh = DATA / f"secret-key.{os.getpid()}"
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(50))
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(fresh)
        fresh.unlink()
    return path.read_text().strip()


SECRET_KEY = _secret_key()
DEBUG = _flag("VITRINE_DEBUG")
PUBLIC_URL = os.environ.get("VITRINE_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
_public_host = PUBLIC_URL.split("://", 1)[1].split("/", 1)[0].rsplit(":", 1)[0]
_hosts = os.environ.get("VITRINE_HOSTS", "").split(",")
ALLOWED_HOSTS = [_public_host, "localhost", "127.0.0.1", "[::1]", *filter(None, _hosts)]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
CSRF_FAILURE_VIEW = "portal.errors.csrf_failure"
_https = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SECURE_HSTS_SECONDS = 31536000 if _https else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _flag("VITRINE_BEHIND_PROXY") else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# HTTPS is the proxy's: whether to redirect to it, and for which domains to promise it, is each site's decision.
SILENCED_SYSTEM_CHECKS = [f"security.{check}" for check in ("W004", "W005", "W008", "W012", "W016", "W021")]

SITE_NAME = os.environ.get("VITRINE_SITE_NAME", "Vitrine")
ACCESSION_PREFIX = os.environ.get("VITRINE_ACCESSION_PREFIX", "VIT-")
DOI_PREFIX = os.environ.get("VITRINE_DOI_PREFIX", "10.5072")  # DataCite's prefix for tests
PUBLISHER = os.environ.get("VITRINE_PUBLISHER", SITE_NAME)
# A web server in front sends whole files by itself (deploy/nginx).
FILES_BY_NGINX = _flag("VITRINE_FILES_BY_NGINX")
REGISTER_ROOTS = [Path(p).resolve() for p in os.environ.get("VITRINE_REGISTER_ROOTS", "").split(os.pathsep) if p]
STORES = os.environ.get("VITRINE_STORES", "")  # more stores than the folder DATA/store (base.storage.stores)
STORE_OPTIONS = {
    name.removeprefix("VITRINE_STORE_"): value
    for name, value in os.environ.items()
    if name.startswith("VITRINE_STORE_")
}
# Read by imaging.readers.bioformats_endings, also where there is no Django.
_jar = os.environ.get("VITRINE_BIOFORMATS_JAR")
if _jar and not (Path(_jar).is_absolute() and Path(_jar).is_file()):
    raise ImproperlyConfigured(f"VITRINE_BIOFORMATS_JAR must be the whole path of Bio-Formats' jar, not {_jar}.")
LOCAL_COPIES_BYTES = int(os.environ.get("VITRINE_LOCAL_COPIES_BYTES", 20 * 2**30))
MOVE_GRACE_HOURS = int(os.environ.get("VITRINE_MOVE_GRACE_HOURS", "24"))
FIXITY_DAYS = max(1, int(os.environ.get("VITRINE_FIXITY_DAYS", "90")))
REVIEW_DAYS = int(os.environ.get("VITRINE_REVIEW_DAYS", "14"))
MAX_UPLOAD_BYTES = int(os.environ.get("VITRINE_MAX_UPLOAD_BYTES", 10 * 2**40))

# Outside registers that forms may ask; empty: never asked.
ORCID_API = os.environ.get("VITRINE_ORCID_API", "")
ROR_API = os.environ.get("VITRINE_ROR_API", "")
CROSSREF_API = os.environ.get("VITRINE_CROSSREF_API", "")
OLS_API = os.environ.get("VITRINE_OLS_API", "")
ZOOMA_API = os.environ.get("VITRINE_ZOOMA_API", "")
BIOPORTAL_API = os.environ.get("VITRINE_BIOPORTAL_API", "")
BIOPORTAL_KEY = os.environ.get("VITRINE_BIOPORTAL_KEY", "")

INSTALLED_APPS = [
    "base",
    "ontology",
    "catalogue",
    "publishing",
    "portal",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "django_vite",
    "rest_framework",
    "drf_spectacular",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.middleware.content_security_policy",
    "portal.middleware.private_answers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "portal.middleware.addresses_without_nul",
    "portal.middleware.DomainErrors",
    "portal.api.idempotency.idempotent_posts",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "portal.context.site",
            ],
        },
    },
]


def _database() -> Any:
    url = os.environ.get("VITRINE_DATABASE_URL", f"sqlite:///{DATA / 'vitrine.sqlite3'}")
    config: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=600))
    if config["ENGINE"] == "django.db.backends.sqlite3":
        # One writer at a time: take the write lock at BEGIN, wait for it, and let readers go on (WAL).
        config["CONN_MAX_AGE"] = None
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
                "PRAGMA cache_size=-65536; PRAGMA mmap_size=268435456;"
            ),
        }
    return config


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

if _cache := os.environ.get("VITRINE_CACHE_URL"):
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": _cache}}
else:
    _backend = "django.core.cache.backends.filebased.FileBasedCache"
    CACHES = {"default": {"BACKEND": _backend, "LOCATION": str(DATA / "cache")}}

# Without an address the search index is a folder of the site's own.
SEARCH_URL = os.environ.get("VITRINE_SEARCH_URL", "")
SEARCH_API_KEY = os.environ.get("VITRINE_SEARCH_API_KEY", "")
SEARCH_CA = os.environ.get("VITRINE_SEARCH_CA", "")
SEARCH_PREFIX = os.environ.get("VITRINE_SEARCH_PREFIX", "vitrine")
SEARCH_SHARDS = int(os.environ.get("VITRINE_SEARCH_SHARDS", "1"))
if SEARCH_URL and not SEARCH_URL.startswith(("https://", "http://")):
    raise ImproperlyConfigured("VITRINE_SEARCH_URL must begin with https:// (or http:// on a network of your own).")
if SEARCH_CA and not Path(SEARCH_CA).is_file():
    raise ImproperlyConfigured(f"VITRINE_SEARCH_CA must name a file of certificates; there is none at {SEARCH_CA}.")
if not re.fullmatch("[a-z0-9][a-z0-9-]*", SEARCH_PREFIX):
    raise ImproperlyConfigured("VITRINE_SEARCH_PREFIX must be of lower-case letters, digits and -.")

AUTH_USER_MODEL = "base.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/deposit"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_SIGNUP_FORM_CLASS = "portal.accounts.forms.SignupForm"
ACCOUNT_EMAIL_VERIFICATION = os.environ.get("VITRINE_EMAIL_VERIFICATION", "optional")
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
if not os.environ.get("VITRINE_SMTP_HOST"):
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA / "mail"
EMAIL_HOST = os.environ.get("VITRINE_SMTP_HOST", "")
EMAIL_PORT = int(os.environ.get("VITRINE_SMTP_PORT", "25"))
DEFAULT_FROM_EMAIL = os.environ.get("VITRINE_FROM_EMAIL", f"vitrine@{_public_host}")

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
_assets = BASE_DIR / "build" / "assets"
STATICFILES_DIRS = [_assets] if _assets.is_dir() else []
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
DJANGO_VITE = {"default": {"dev_mode": False, "manifest_path": _assets / "manifest.json"}}

# What a chunk of an upload (tus PATCH) may hold in memory is bounded by the endpoint, which streams; forms stay small.
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

# A folder needs no host, but kombu asks for one.
CELERY_BROKER_URL = os.environ.get("VITRINE_BROKER_URL", "filesystem://localhost")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "base.sweep", "schedule": 10.0},
    "notices": {"task": "catalogue.notices", "schedule": 60.0},
    "stores": {"task": "base.keep_stores", "schedule": 600.0},
    "fixity": {"task": "base.check_fixity", "schedule": crontab(hour="1", minute="30")},
    "release": {"task": "publishing.release", "schedule": 300.0},
    "ontologies": {"task": "catalogue.follow_ontologies", "schedule": 300.0},
    "saved-searches": {"task": "publishing.saved_searches", "schedule": 900.0},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA / "celerybeat-schedule")
if CELERY_BROKER_URL.startswith("filesystem://"):
    for _folder in ("queue", "processed", "control"):
        (DATA / "broker" / _folder).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": DATA / "broker" / "queue",
        "data_folder_out": DATA / "broker" / "queue",
        "processed_folder": DATA / "broker" / "processed",
        "control_folder": DATA / "broker" / "control",
        "store_processed": False,
    }

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "portal.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],  # every view asks catalogue.access
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["portal.api.parsing.Json"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "portal.api.problems.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Vitrine API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {
        "AnnotationTypeEnum": "catalogue.rules.annotation.ANNOTATION_TYPES",
        "ConversionFormEnum": "portal.api.conversions.FORMS",
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": os.environ.get("VITRINE_LOG_LEVEL", "WARNING")},
}
