"""Make the sandbox a site: front page, people, groups, and who its e-mails come from. Safe to run again."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.management.base import BaseCommand
from django.db import transaction
from wagtail.models import Page, Site

from shop.models import HomePage
from wagtail_marketing.admin.roles import ROLES, grant_roles
from wagtail_marketing.contacts.models import Topic
from wagtail_marketing.models import MarketingSettings, Sender
from wagtail_marketing.segments.models import Segment
from wagtail_marketing.segments.services import create_segment

ADMIN = "admin"
STAFF = "Shop staff"
STAFF_MAY = (
    "access_admin",
    "view_customer",
    "view_order",
    "change_order",
    "view_orderline",
    "view_refund",
    "add_refund",
    "view_product",
)


class Command(BaseCommand):
    help = "Make the front page, the administrator admin/admin and the shop's groups (sandbox only)."

    @transaction.atomic
    def handle(self, *args, **options):
        self._site()
        group, _ = Group.objects.get_or_create(name=STAFF)
        group.permissions.set(
            Permission.objects.filter(content_type__app_label__in=("shop", "wagtailadmin"), codename__in=STAFF_MAY)
        )
        users = get_user_model()
        if not users.objects.filter(username=ADMIN).exists():
            users.objects.create_superuser(ADMIN, "admin@example.com", ADMIN)
        self._roles()
        self._brand()
        self.stdout.write(f"{settings.WAGTAILADMIN_BASE_URL}/admin/ (log-in {ADMIN}, password {ADMIN})")

    def _for_regulars(self) -> dict[str, object]:
        """What the front page says to regular customers, and to everybody else."""
        rules = {
            "version": 1,
            "match": "all",
            "rules": [{"kind": "orders", "params": {"measure": "count", "op": ">=", "value": 10}}],
        }
        name = "Regular customers"
        segment = Segment.objects.filter(name=name, live=True).first() or create_segment(name=name, rules=rules)
        return {
            "segment": str(segment.pk),
            "inside": [
                (
                    "paragraph",
                    "<h2>Good to see you again</h2><p>Your usual is waiting: we keep fresh bread for you.</p>",
                )
            ],
            "others": [
                ("paragraph", "<h2>New here?</h2><p>Have a look round; your first delivery is on us.</p>"),
            ],
        }

    def _roles(self) -> None:
        """One person for each role, with its name as log-in and password."""
        grant_roles()
        users = get_user_model()
        for role in ROLES:
            if not users.objects.filter(username=role.key).exists():
                user = users.objects.create_user(role.key, f"{role.key}@example.com", role.key)
                user.groups.add(Group.objects.get(name=role.name))

    def _brand(self) -> None:
        """What a campaign's review asks for; left alone where somebody has saved the screen."""
        site = Site.objects.get(is_default_site=True)
        if MarketingSettings.objects.filter(site=site).exists():
            return
        brand = MarketingSettings(
            site=site,
            postal_address="1 Main Street\nSpringfield, OH 45501\nUSA",
            footer_text="Order until six and pick it up in the store, or let us bring it.",
            colour_brand="#1f6b45",
            colour_background="#fbf9f4",
            colour_text="#1d2621",
        )
        brand.senders = [Sender(name="Corner Grocery", address="news@example.com", reply_to="hello@example.com")]
        brand.save()

    def _sign_up(self) -> dict[str, Any]:
        """The sign-up form of the front page, with two topics to choose from."""
        for slug, name, description, german in (
            ("weekly-specials", "Weekly specials", "Prices of the week, every Monday.", "Angebote der Woche"),
            ("recipes", "Recipes", "What is in season, twice a month.", "Rezepte"),
        ):
            topic, made = Topic.objects.get_or_create(
                slug=slug, site=None, defaults={"name": name, "description": description}
            )
            if made:
                topic.texts.create(language="de", name=german)
        return {
            "heading": "Hear of it first",
            "intro": "Specials before they are sold out, and what to cook from them.",
            "topics": ["weekly-specials", "recipes"],
            "consent_text": "",
            "ask_name": True,
            "ask_phone": False,
            "button": "Sign me up",
        }

    def _site(self) -> None:
        home = HomePage.objects.first()
        if home is None:
            home = HomePage(
                title="Corner Grocery",
                slug="corner-grocery",
                lead="Fresh bread, good coffee and everything else for the week, round the corner or at your door.",
                body=[
                    (
                        "call",
                        {
                            "heading": "Collect today, or have it brought",
                            "text": "Order until six and pick it up in the store, or let us bring it for $4.90.",
                            "button": "Choose your groceries",
                            "link": "/products/",
                        },
                    )
                ],
            )
            home.body.append(("for_segment", self._for_regulars()))
            home.body.append(("sign_up", self._sign_up()))
            Page.get_first_root_node().add_child(instance=home)
            home.save_revision().publish()
        address = urlsplit(settings.WAGTAILADMIN_BASE_URL)
        site = Site.objects.filter(is_default_site=True).first() or Site(is_default_site=True)
        old = site.root_page if site.pk else None
        site.hostname = address.hostname or "localhost"
        site.port = address.port or (443 if address.scheme == "https" else 80)
        site.root_page = home
        site.site_name = settings.WAGTAIL_SITE_NAME
        site.save()
        # Wagtail's first migration makes a "Welcome" page; nobody has touched it.
        if old is not None and old.specific_class is Page and old.pk != home.pk and old.numchild == 0:
            old.delete()
