import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("CLEARHOLD_ROLE", "web")
application = get_wsgi_application()

# After Django is set up, and in each worker process: the server loads this module after its fork.
from config import rights  # noqa: E402
from desk.watchdog import thread  # noqa: E402

rights.report()
thread.start()
