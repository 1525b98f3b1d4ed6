"""What each answer, and each loss of the connection, at each step of SMTP means."""

import socket

import pytest

from wagtail_marketing.messaging.backends.base import Prepared, Result
from wagtail_marketing.messaging.backends.smtp import Phase, SmtpConfig, SmtpTransport
from wagtail_marketing.testing.smtp_sink import ACCEPT_THEN_DROP, DROP, HANG, SmtpSink

BODY = b"Subject: x\r\n\r\nhello\r\n"


def config(port, **values):
    return SmtpConfig(**{"host": "127.0.0.1", "port": port, "envelope_from": "a@shop.example", "timeout": 1, **values})


def deliver(sink, *addresses, **values):
    with SmtpTransport(config(sink.port, **values)) as transport:
        prepared = [Prepared(index, address, BODY) for index, address in enumerate(addresses)]
        return [outcome for _item, outcome in transport.deliver(prepared)]


def test_many_messages_share_one_connection():
    with SmtpSink() as sink:
        outcomes = deliver(sink, *(f"p{index}@x.example" for index in range(5)))
    assert [outcome.result for outcome in outcomes] == [Result.SENT] * 5
    assert sink.connections == 1
    assert [(message.mail_from, message.recipients, message.data) for message in sink.messages] == [
        ("a@shop.example", (f"p{index}@x.example",), BODY) for index in range(5)
    ]


@pytest.mark.parametrize(
    ("step", "reply", "result", "phase"),
    [
        ("mail", "451 busy", Result.RETRY, Phase.MAIL),
        ("mail", "550 5.7.1 not you", Result.MISCONFIGURED, Phase.MAIL),
        ("rcpt", "450 4.2.1 greylisted", Result.RETRY, Phase.RCPT),
        ("rcpt", "550 5.1.1 no such user", Result.FAILED, Phase.RCPT),
        ("rcpt", "552 5.2.2 mailbox full", Result.FAILED, Phase.RCPT),
        ("rcpt", "550 5.7.26 unauthenticated mail is refused", Result.MISCONFIGURED, Phase.RCPT),
        ("rcpt", "530 5.7.0 authentication required", Result.MISCONFIGURED, Phase.RCPT),
        ("rcpt", "421 going down", Result.RETRY, Phase.RCPT),
        ("data", "451 later", Result.RETRY, Phase.DATA),
        ("data", "554 no", Result.FAILED, Phase.DATA),
        ("dot", "451 later", Result.RETRY, Phase.REPLY),
        ("dot", "554 5.6.0 spam", Result.FAILED, Phase.REPLY),
        ("dot", "550 5.7.515 domain is not authenticated", Result.MISCONFIGURED, Phase.REPLY),
        ("mail", DROP, Result.RETRY, Phase.MAIL),
        ("rcpt", DROP, Result.RETRY, Phase.RCPT),
        ("rcpt", HANG, Result.RETRY, Phase.RCPT),
        ("data", DROP, Result.RETRY, Phase.DATA),
        ("dot", ACCEPT_THEN_DROP, Result.UNKNOWN, Phase.REPLY),
        ("dot", DROP, Result.UNKNOWN, Phase.REPLY),
        ("dot", HANG, Result.UNKNOWN, Phase.REPLY),
    ],
)
def test_what_an_answer_means(step, reply, result, phase):
    key = "*" if step == "mail" else "bad@x.example"
    with SmtpSink({(key, step): reply}) as sink:
        (outcome,) = deliver(sink, "bad@x.example")
    assert (outcome.result, outcome.phase) == (result, phase)
    assert len(sink.messages) == (1 if reply == ACCEPT_THEN_DROP else 0)


@pytest.mark.parametrize("reply", ["550 5.1.1 no", "421 later", DROP, "451 wait"])
@pytest.mark.parametrize("step", ["rcpt", "data", "dot"])
def test_the_next_message_goes_on_after_a_bad_one(step, reply):
    with SmtpSink({("bad@x.example", step): reply}) as sink:
        outcomes = deliver(sink, "one@x.example", "bad@x.example", "two@x.example")
    assert [outcome.result is Result.SENT for outcome in outcomes] == [True, False, True]
    assert [message.recipients[0] for message in sink.messages] == ["one@x.example", "two@x.example"]


def test_a_server_that_is_not_there_is_tried_three_times_and_the_rest_is_left_alone():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with SmtpTransport(config(port)) as transport:
        prepared = [Prepared(index, f"p{index}@x.example", BODY) for index in range(9)]
        outcomes = [outcome for _item, outcome in transport.deliver(prepared)]
    assert [(outcome.result, outcome.phase) for outcome in outcomes] == [(Result.RETRY, Phase.CONNECT)] * 3


@pytest.mark.parametrize(("greeting", "result"), [("554 go away", Result.MISCONFIGURED), ("421 busy", Result.RETRY)])
def test_a_server_that_does_not_want_us(greeting, result):
    with SmtpSink(greeting=greeting) as sink:
        outcomes = deliver(sink, "one@x.example")
    assert [outcome.result for outcome in outcomes] == [result]


def test_a_missing_feature_or_a_wrong_password_is_our_fault():
    with SmtpSink() as sink:
        (no_tls,) = deliver(sink, "one@x.example", use_tls=True)
        (no_auth,) = deliver(sink, "one@x.example", user="u", password="p")
    assert no_tls.result is Result.MISCONFIGURED
    assert no_auth.result is Result.MISCONFIGURED


def test_the_connection_is_closed_in_good_order_after_many_messages(monkeypatch):
    monkeypatch.setattr(SmtpTransport, "PER_CONNECTION", 2)
    with SmtpSink() as sink:
        outcomes = deliver(sink, *(f"p{index}@x.example" for index in range(5)))
    assert [outcome.result for outcome in outcomes] == [Result.SENT] * 5
    assert sink.connections == 3
