"""Forms and pages of e-mails and sends."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from wagtail.models import ModelLogEntry

from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.core import tasks
from wagtail_marketing.messaging.models import EmailTemplate, Message, MessageState
from wagtail_marketing.messaging.services import create_send, launch

from .conftest import stream

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(django_user_model):
    user = django_user_model.objects.create_user("ed", email="ed@shop.example", password="x")
    user.groups.add(Group.objects.get(name="Marketing editors"))
    return user


def form_data(body, **values):
    """What the edit page posts."""
    data = {"name": "News", "subject": "S", "preheader": "", "message_class": "marketing", "topic": "", "site": ""}
    data |= {"body-count": str(len(body))}
    for index, (kind, value) in enumerate(body):
        data |= {f"body-{index}-type": kind, f"body-{index}-order": str(index), f"body-{index}-deleted": ""}
        data |= {f"body-{index}-id": ""}
        if isinstance(value, dict):
            data |= {f"body-{index}-value-{name}": part for name, part in value.items()}
        else:
            data[f"body-{index}-value"] = value
    return data | values


@pytest.mark.parametrize(
    ("values", "body", "message"),
    [
        ({"subject": "Hi {{ contact.nme }}"}, [], "“contact.nme” is not a token."),
        ({"preheader": "{{ contact.name | replace: 'a', 'b' }}"}, [], "“replace” is not a filter that e-mails know."),
        ({}, [("heading", {"text": "{% if contact.name %}", "level": "h1"})], "expected tag endif"),
        ({}, [("button", {"label": "Go", "url": "https://x.example/{{ nope }}"})], "“nope” is not a token."),
    ],
)
def test_a_mistake_is_shown_and_nothing_is_saved(client, editor, values, body, message):
    client.force_login(editor)
    response = client.post(reverse("marketing_emails:add"), form_data(body, **values))
    assert response.status_code == 200
    page = response.content.decode().replace("\\u201c", "“").replace("\\u201d", "”")
    assert message in page
    assert EmailTemplate.objects.count() == 0


def test_an_editor_saves_a_draft_and_cannot_publish_it(client, editor):
    client.force_login(editor)
    data = form_data([("heading", {"text": "Hi {{ first_name }}", "level": "h1"})])
    response = client.post(reverse("marketing_emails:add"), data)
    assert response.status_code == 302
    made = EmailTemplate.objects.get()
    assert (made.live, made.body[0].value["text"]) == (False, "Hi {{ first_name }}")
    client.post(reverse("marketing_emails:edit", args=[made.pk]), data | {"action-publish": "1"})
    made.refresh_from_db()
    assert made.live is False


def test_only_who_may_writes_html(client, editor):
    client.force_login(editor)
    data = form_data([("html", "<p>Hi</p>")])
    response = client.post(reverse("marketing_emails:add"), data)
    assert "You may not write or change HTML blocks" in response.content.decode()
    assert EmailTemplate.objects.count() == 0

    editor.user_permissions.add(Permission.objects.get(codename="use_html_block"))
    assert client.post(reverse("marketing_emails:add"), data).status_code == 302
    made = EmailTemplate.objects.get()

    editor.user_permissions.clear()
    kept = form_data([("html", "<p>Hi</p>"), ("divider", "")])
    assert client.post(reverse("marketing_emails:edit", args=[made.pk]), kept).status_code == 302
    assert len(EmailTemplate.objects.get().get_latest_revision_as_object().body) == 2
    changed = form_data([("html", "<p>Bye</p>")])
    assert client.post(reverse("marketing_emails:edit", args=[made.pk]), changed).status_code == 200


def test_a_test_goes_out_at_once_and_counts_nowhere(client, editor, sink, brand, person, template):
    ada = person("ada@example.com", first_name="Ada")
    made = template()
    client.force_login(editor)
    url = reverse("marketing_emails:test", args=[made.pk])
    response = client.post(url, {"addresses": "one@shop.example\ntwo@shop.example", "contact": ada.email})
    assert response.status_code == 302
    assert [received.recipients[0] for received in sink.messages] == ["one@shop.example", "two@shop.example"]
    assert b"Subject: [Test] News for Ada" in sink.messages[0].data
    assert Message.objects.count() == 0

    for wrong in ("", "not an address", "a@b.example\n" * 0 + ",".join(f"p{i}@b.example" for i in range(11))):
        response = client.post(url, {"addresses": wrong})
        assert response.status_code == 422
    assert len(sink.messages) == 2


def test_a_test_without_a_sender_says_what_is_missing(client, editor, template, settings):
    settings.DEFAULT_FROM_EMAIL = "webmaster@localhost"
    client.force_login(editor)
    response = client.post(reverse("marketing_emails:test", args=[template().pk]), {"addresses": "a@b.example"})
    assert response.status_code == 422
    assert "No sender address" in response.content.decode()


@pytest.fixture
def send(sink, brand, person, template):
    for index in range(60):
        person(f"p{index}@example.com", first_name=f"P{index}", consent=index % 2 == 0)
    found = create_send(template=template(), audience=Contact.objects.all(), source_ref="campaign:1")
    launch(found)
    tasks.drain_until_idle()
    return found


@pytest.mark.parametrize(("role", "shown"), [("Marketing managers", True), ("Marketing analysts", False)])
def test_addresses_are_masked_for_who_may_not_see_people(client, django_user_model, send, role, shown):
    user = django_user_model.objects.create_user("u", password="x")
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    page = client.get(reverse("marketing_sends:recipients", args=[send.pk]) + "?state=sent").content.decode()
    assert ("p0@example.com" in page) is shown
    assert ("p…@example.com" in page) is not shown


def test_lists_take_a_fixed_number_of_queries(client, admin_user, send, django_assert_max_num_queries):
    client.force_login(admin_user)
    for name, arguments, most in (
        ("marketing_sends:index", [], 14),
        ("marketing_sends:inspect", [send.pk], 14),
        ("marketing_sends:recipients", [send.pk], 10),
        ("marketing_emails:list", [], 16),
    ):
        client.get(reverse(name, args=arguments))
        with django_assert_max_num_queries(most):
            assert client.get(reverse(name, args=arguments)).status_code == 200


def test_a_manager_pauses_resumes_and_cancels_after_being_asked(client, admin_user, brand, person, template, sink):
    person("ada@example.com")
    send = create_send(template=template(), audience=Contact.objects.all(), source_ref="campaign:1")
    launch(send)
    client.force_login(admin_user)
    for step, state in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        url = reverse(f"marketing_sends:{step}", args=[send.pk])
        assert client.get(url).status_code == 200
        assert client.post(url).status_code == 302
        send.refresh_from_db()
        assert send.state == state
    assert Message.objects.get().state == MessageState.CANCELLED
    logged = ModelLogEntry.objects.filter(action__startswith="wagtail_marketing.send").order_by("pk")
    assert [entry.action.rsplit(".", 1)[1] for entry in logged] == ["pause", "resume", "cancel"]
    assert client.post(reverse("marketing_sends:resume", args=[send.pk])).status_code == 422


def test_the_page_of_a_contact_shows_the_newest_messages(client, admin_user, send):
    client.force_login(admin_user)
    for email, state in (("p0@example.com", "sent"), ("p1@example.com", "not allowed (never agreed)")):
        contact = Contact.objects.get(email=email)
        url = reverse("marketing_contacts:inspect", args=[contact.pk])
        page = client.get(url, {"tab": "messages"}).content.decode()
        assert "The newest messages to this person" in page
        assert f"<td>{state}</td>" in page.replace("\n", "").replace("  ", "")


def test_columns_and_products_are_rendered(brand):
    from django.utils import timezone

    from wagtail_marketing.commerce.models import Product
    from wagtail_marketing.messaging.rendering import render_for

    product = Product.objects.create(
        ref="p1",
        sku="p1",
        name="Bread & <butter>",
        url="/p/1/",
        image_url="https://shop.example/p1.jpg",
        price_minor=250,
        currency="USD",
        updated_at=timezone.now(),
    )
    column = [{"type": "product", "value": {"product": product.pk, "text": "Fresh", "button": "Buy"}}]
    made = EmailTemplate(
        name="N",
        subject="S",
        body=stream([("columns", [column, [{"type": "divider", "value": None}]]), ("discount_code", {"code": "A-1"})]),
    )
    made.save()
    rendered = render_for(made)
    assert "Bread &amp; &lt;butter&gt;" in rendered.html
    assert "$2.50" in rendered.html
    assert 'href="https://shop.example/p/1/"' in rendered.html or "/p/1/" in rendered.html
    assert "A-1" in rendered.text
    assert "Bread & <butter>" in rendered.text
