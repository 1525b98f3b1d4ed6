"""A worker process for the kill tests: ``python -m tests.messaging.worker <point> <pass>`` drains the outbox.

It dies without any goodbye (``os._exit``) at the given pass of the named point.
"""

import os
import sys
from collections import Counter


def main() -> None:
    point, wanted = sys.argv[1], int(sys.argv[2])
    database, port = os.environ["WM_TEST_DATABASE"], os.environ["WM_TEST_SMTP_PORT"]
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

    import django
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = database
    settings.WAGTAIL_MARKETING = {
        **settings.WAGTAIL_MARKETING,
        "SMTP": {"HOST": "127.0.0.1", "PORT": int(port)},
        "SMTP_TIMEOUT_SECONDS": 5,
        "SEND_BATCH_SIZE": 4,
        "SEND_IN_FLIGHT": 2,
        "PUBLIC_BASE_URL": "https://shop.example",
    }
    django.setup()

    from wagtail_marketing.core import tasks
    from wagtail_marketing.messaging import faults

    passes: Counter[str] = Counter()

    def hook(name: str) -> None:
        passes[name] += 1
        if name == point and passes[name] == wanted:
            os._exit(9)

    faults.install(hook)
    tasks.drains["messaging"](tasks.clock.now() + tasks.SLICE)


if __name__ == "__main__":
    main()
