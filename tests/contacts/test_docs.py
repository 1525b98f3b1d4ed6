"""The snippets of the how-to, pasted and run."""

import re
from pathlib import Path

import pytest

from wagtail_marketing.contacts import selectors, services
from wagtail_marketing.contacts.blocks import SignUpBlock
from wagtail_marketing.contacts.models import SignUp, Topic
from wagtail_marketing.contacts.registry import confirmation_senders
from wagtail_marketing.contacts.services import opt_in
from wagtail_marketing.core import clock

pytestmark = pytest.mark.django_db
PAGE = (Path(__file__).resolve().parents[2] / "docs" / "how-to" / "sign-up-and-preferences.md").read_text()
SNIPPETS = re.findall(r"```python\n(.*?)```", PAGE, re.S)


def run(part: str) -> dict:
    """The snippet that holds ``part``, run."""
    (source,) = (snippet for snippet in SNIPPETS if part in snippet)
    names: dict = {"__name__": "snippet"}
    exec(compile(source, part, "exec"), names)  # noqa: S102
    return names


def test_every_snippet_is_python():
    assert len(SNIPPETS) == 5
    for snippet in SNIPPETS:
        compile(snippet, "how-to", "exec")


def test_signing_up_from_ones_own_code(rf, asked):
    Topic.objects.create(name="Weekly specials", slug="weekly-specials")
    run("def ask(")["ask"]("ann@example.com", request=rf.get("/"))
    assert SignUp.objects.get().ip == "127.0.0.1"


def test_who_is_logged_in(rf, admin_user, django_user_model):
    adapter = run("class ShopAdapter")["ShopAdapter"]
    request = rf.get("/")
    request.user = admin_user
    assert adapter.customer_key_of(None, request) == str(admin_user.pk)


def test_the_next_moment_at_which_somebody_wants_to_hear_of_us():
    ann = services.create_contact(source="api", email="ann@example.com")
    now = clock.now()
    assert run("def when(")["when"](ann, now) == now
    services.save_preferences(contact=ann, paused_until=now + opt_in.ONE_MAIL_IN)
    assert run("def when(")["when"](ann, now) == now + opt_in.ONE_MAIL_IN
    assert not selectors.may_contact_at(ann, now)


def test_a_sender_of_ones_own(asked, capsys):
    confirmation_senders.unregister("sms")
    run("send_text_messages")
    services.sign_up(address="+442079460000", channel="sms", text="Yes")
    opt_in.drain(clock.now() + opt_in.BACK_OFF)
    assert "+442079460000 " in capsys.readouterr().out


def test_the_block_renders_anywhere_and_shows_nothing_where_nothing_is_offered(rf):
    topic = Topic.objects.create(name="Weekly specials", slug="weekly")
    block = SignUpBlock()
    values = {"heading": "News", "topics": ["weekly"], "ask_name": False, "ask_phone": False}
    shown = block.render(block.to_python(values), {"request": rf.get("/")})
    assert 'action="/marketing/c/sign-up/"' in shown
    assert "csrf" not in shown
    assert "<script" not in shown
    Topic.objects.filter(pk=topic.pk).update(is_active=False)
    assert "<form" not in block.render(block.to_python(values), {"request": rf.get("/")})
