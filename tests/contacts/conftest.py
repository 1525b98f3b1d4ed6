import pytest

from wagtail_marketing.contacts.registry import ConfirmationSender, confirmation_senders


@pytest.fixture
def asked(monkeypatch):
    """The sign-ups for which a question was handed over, by a sender that sends nothing."""
    handed = []
    before = {name: confirmation_senders.get(name) for name in ("email", "sms")}
    for name in before:
        confirmation_senders.unregister(name)
        confirmation_senders.register(name, ConfirmationSender(name, handed.extend))
    yield handed
    for name, sender in before.items():
        confirmation_senders.unregister(name)
        if sender is not None:
            confirmation_senders.register(name, sender)
