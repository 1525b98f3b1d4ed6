"""The pictures of the documentation, from the running demo after its journey: `make screenshots`.

Looks up what the journey left (a report, a segment, a template, a campaign), opens each screen in Chromium as
the demo's administrator, in light and dark, and writes PNG files to docs/images.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "sandbox")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402
from playwright.sync_api import Page, sync_playwright  # noqa: E402

from wagtail_marketing.campaigns.models import Campaign, Status  # noqa: E402
from wagtail_marketing.campaigns.services.editing import clone_campaign  # noqa: E402
from wagtail_marketing.messaging.models import EmailTemplate, Message  # noqa: E402
from wagtail_marketing.segments.models import Segment  # noqa: E402

WIDTH = 1360


def screens() -> dict[str, tuple[str, int]]:
    """name -> (path, height in pixels) of each screen. Raises ``SystemExit`` where the journey was not run."""
    campaign = Campaign.objects.filter(state__status=Status.COMPLETED).order_by("-pk").first()
    if campaign is None or not Message.objects.exists():
        raise SystemExit("Run the journey first: .venv/bin/python sandbox/manage.py demo_journey")
    segment, template = Segment.objects.order_by("-pk").first(), EmailTemplate.objects.order_by("-pk").first()
    # The checklist is there before the launch: a draft with the same audience and e-mail shows it.
    draft = Campaign.objects.filter(state__status=Status.DRAFT).order_by("-pk").first()
    draft = draft or clone_campaign(campaign=campaign, name="Pastry week, once more")
    return {
        "dashboard": (reverse("marketing_dashboard:index"), 1180),
        "segment": (reverse("marketing_segments:edit", args=[segment.pk]), 1180),
        "template": (reverse("marketing_emails:preview_as", args=[template.pk]), 1000),
        "review": (reverse("marketing_campaigns:review", args=[draft.pk]), 1180),
        "report": (reverse("marketing_campaigns:report", args=[campaign.pk]), 1340),
    }


def session(base: str) -> dict:
    client = Client()
    client.force_login(get_user_model().objects.filter(is_superuser=True).order_by("pk")[0])
    return {
        "name": settings.SESSION_COOKIE_NAME,
        "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
        "url": base,
    }


def take(page: Page, path: str, height: int, target: Path) -> None:
    page.set_viewport_size({"width": WIDTH, "height": height})
    page.goto(path)
    page.wait_for_load_state("networkidle")
    page.evaluate("() => document.fonts.ready")
    page.wait_for_timeout(600)
    page.screenshot(path=target)
    print(f"{target.relative_to(ROOT) if target.is_relative_to(ROOT) else target}  {target.stat().st_size // 1024} KB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base-url", default=settings.WAGTAILADMIN_BASE_URL)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("only", nargs="*", help="names of the screens to take; all where none is named")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    chosen = {name: screen for name, screen in screens().items() if not options.only or name in options.only}
    cookie = session(options.base_url)
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        for theme in ("light", "dark"):
            context = browser.new_context(
                base_url=options.base_url,
                color_scheme=theme,
                reduced_motion="reduce",
                locale="en-US",
            )
            context.add_cookies([cookie])
            page = context.new_page()
            for name, (path, height) in chosen.items():
                take(page, path, height, options.out / f"{name}-{theme}.png")
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
