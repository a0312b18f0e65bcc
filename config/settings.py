"""The one settings module. Everything that differs between places comes from the environment; unsafe mixes are system checks."""

import sys
from pathlib import Path
from typing import Any

import environ

from config.databases import DATABASES_FOR, Services

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()

PRODUCTION = env.str("CLEARHOLD_ENV", default="demo") == "production"
ROLE = env.str("CLEARHOLD_ROLE", default="web")
TESTING = "pytest" in sys.modules
SERVICES = Services.find(BASE_DIR)

SECRET_KEY = env.str("SECRET_KEY", default=SERVICES.secret_key if not PRODUCTION else environ.Env.NOTSET)
DEBUG = False
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", "testserver"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "desk.apps.DeskAdminConfig",
    "pgtrigger",
    "axes",
    "csp",
    "oauth2_provider",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "django_structlog",
    "audit",
    "audit.keys.apps.KeysConfig",
    "accounts",
    "cases",
    "matching",
    "detainers",
    "desk.apps.DeskConfig",
    "integration",
    "oversight",
    "config",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.ActorMiddleware",
    "desk.wall.WallMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.request_log.RequestLog",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "desk.watchdog.banner.context",
            ]
        },
    }
]

DATABASES: dict[str, Any] = DATABASES_FOR(SERVICES, role=ROLE, testing=TESTING)
DATABASE_ROUTERS: list[str] = []
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEST_RUNNER = "django.test.runner.DiscoverRunner"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "accounts.backends.EmailBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.PBKDF2PasswordHasher"
    if not TESTING
    else "django.contrib.auth.hashers.MD5PasswordHasher"
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"
CSRF_FAILURE_VIEW = "config.views.csrf_failure"
AXES_USERNAME_FORM_FIELD = (
    "username"  # as credentials are passed; the default, the name of our field, would find nobody
)
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = None
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "accounts/locked.html"
AXES_VERBOSE = False

LANGUAGE_CODE = "en-us"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGES = [("en", "English"), ("es", "Español")]
FORMAT_MODULE_PATH = ["config.formats"]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]

STATIC_URL = "static/"
# A real installation collects, compresses and names static files by their content; the demo serves them as they lie.
STATIC_ROOT = env.str("STATIC_ROOT", default=str(BASE_DIR / ".data" / "static")) if PRODUCTION else None
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024

# -- keys of sealed data: docs/keys.md -----------------------------------------------------------------------------------
KEY_PROVIDER = env.str("CLEARHOLD_KEY_PROVIDER", default="file")
KEY_DIRECTORY = env.str("CLEARHOLD_KEY_DIRECTORY", default=SERVICES.key_directory if not PRODUCTION else "")
KEY_CURRENT = env.str("CLEARHOLD_KEY_CURRENT", default="")
KEYS = env.str("CLEARHOLD_KEYS", default="")
# Before the first start there is no database that could hold anything sealed, and `manage.py help` must work.
KEYS_ARE_NEEDED = PRODUCTION or bool(DATABASES["default"].get("USER"))

# -- transport and pages -------------------------------------------------------------------------------------------------
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = PRODUCTION
SESSION_COOKIE_AGE = 30 * 60  # CJIS AC-11: at most 30 minutes idle
SESSION_SAVE_EVERY_REQUEST = True
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        # Alpine, which the admin theme is built on, evaluates its expressions; no script from elsewhere ever runs.
        "script-src": ["'self'", "'unsafe-eval'"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
        "base-uri": ["'self'"],
        "object-src": ["'none'"],
    }
}

# -- background work -----------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=SERVICES.broker_url)
BUREAU_URL = env.str("BUREAU_URL", default=f"http+unix://{SERVICES.bureau_socket.replace('/', '%2F')}")
BUREAU_TIMEOUT_SECONDS = env.float("BUREAU_TIMEOUT_SECONDS", default=10.0)
MATCHING_BACKOFF_FIRST_SECONDS = env.float("MATCHING_BACKOFF_FIRST_SECONDS", default=50.0)
MATCHING_BACKOFF_MAX_SECONDS = env.float("MATCHING_BACKOFF_MAX_SECONDS", default=3600.0)
MATCHING_MAX_ATTEMPTS = env.int("MATCHING_MAX_ATTEMPTS", default=12)
MATCHING_BACKOFF_JITTER = env.float("MATCHING_BACKOFF_JITTER", default=0.2)
MATCHING_LEASE_SECONDS = env.float("MATCHING_LEASE_SECONDS", default=120.0)
MATCHING_SEARCH_LEASE_SECONDS = env.float("MATCHING_SEARCH_LEASE_SECONDS", default=300.0)
MATCHING_POISON_AFTER = env.int("MATCHING_POISON_AFTER", default=5)
MATCHING_HINT_SECONDS = env.float("MATCHING_HINT_SECONDS", default=4.0)
MATCHING_STATE_ANSWER_MINUTES = env.int("MATCHING_STATE_ANSWER_MINUTES", default=120)
MATCHING_FBI_ANSWER_MINUTES = env.int("MATCHING_FBI_ANSWER_MINUTES", default=120)
MATCHING_DHS_ANSWER_MINUTES = env.int("MATCHING_DHS_ANSWER_MINUTES", default=240)
MATCHING_PRINT_SEARCH = env.bool("MATCHING_PRINT_SEARCH", default=True)
MATCHING_CANDIDATE_LIMIT = env.int("MATCHING_CANDIDATE_LIMIT", default=10)
MATCHING_BATCH_SIZE = env.int("MATCHING_BATCH_SIZE", default=25)
# Who is told when the sweep, the sealer or a queue is late; and how often each web process looks (0: not at all).
ALERT_EMAILS = env.list("ALERT_EMAILS", default=[])
WATCHDOG_SECONDS = env.float("WATCHDOG_SECONDS", default=10.0)
# A monitor outside asks /health/domain with this; without one it is open in the demo and closed in production.
HEALTH_TOKEN = env.str("HEALTH_TOKEN", default="")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="clearhold@localhost")
# The demo writes its messages as files; nobody is mailed by accident.
_MAIL = "smtp://localhost:25" if PRODUCTION else f"filemail://{BASE_DIR / '.data' / 'mail'}"
vars().update(env.email_url("EMAIL_URL", default=_MAIL))
# Where the workers write the pack for outages every hour. It contains names: a folder of the jail's own. '' leaves it out.
_PACK = "" if TESTING else str(BASE_DIR / ".data" / "pack")
DEGRADED_PACK_DIR = env.str("DEGRADED_PACK_DIR", default=_PACK)
SWEEP_SECONDS = env.float("SWEEP_SECONDS", default=2.0)

# -- the ledger ----------------------------------------------------------------------------------------------------------
SEAL_SECONDS = env.float("SEAL_SECONDS", default=1.0)
# Ed25519, as the content of a PEM file or 32 bytes in base64url; LEDGER_SIGNING_KEY_FILE names a file that holds it.
LEDGER_SIGNING_KEY = env.str("LEDGER_SIGNING_KEY", default=SERVICES.ledger_key if not PRODUCTION else "")
LEDGER_ROOTS_DIR = env.str("LEDGER_ROOTS_DIR", default="")
LEDGER_ROOTS_TO = env.list("LEDGER_ROOTS_TO", default=[])

# -- the machines' door --------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["integration.authentication.ClientAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser", "rest_framework.parsers.MultiPartParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_standardized_errors.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "integration.pagination.Cursor",
    "EXCEPTION_HANDLER": "integration.errors.handle",
    "PAGE_SIZE": 50,
    "UNAUTHENTICATED_USER": None,
}
OAUTH2_PROVIDER = {
    "SCOPES": {"clearhold": "Book people and read the client's own agency"},
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,  # tokens are stored as digests only
    # Only client credentials are offered; what RFC 9700 advises against is off as well as unused.
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_REFRESH_TOKEN": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_SCHEME": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Clearhold API",
    "DESCRIPTION": "Send bookings and prints, read cases with their clock, follow events.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
}

OAUTH2_PROVIDER_APPLICATION_MODEL = "oauth2_provider.Application"

UNFOLD = {
    "SITE_TITLE": "Clearhold",
    "SITE_HEADER": "Clearhold",
    "SITE_URL": "/admin/",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": ["desk.styles.sheet"],
    "COLORS": {
        "primary": {
            "50": "#eef5fd",
            "100": "#dceafa",
            "200": "#b9d5f5",
            "300": "#84bbf6",
            "400": "#5a9ee8",
            "500": "#2a80dc",
            "600": "#0b57a4",
            "700": "#084380",
            "800": "#07376a",
            "900": "#062c54",
            "950": "#041b35",
        }
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "config.logs.formatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {
        "handlers": ["stderr"],
        "level": env.str("LOG_LEVEL", default="WARNING" if not PRODUCTION else "INFO"),
    },
}
SILENCED_SYSTEM_CHECKS = ["axes.W001"]
