"""The pure parts: quoted-printable pieces, headers, MIME with slots, Liquid, addresses, text part."""

import email
import email.header
import email.policy
import quopri
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wagtail_marketing.messaging.engine import headers, links, plaintext, qp
from wagtail_marketing.messaging.engine.language import Missing, Number, check
from wagtail_marketing.messaging.engine.mime import CompiledMessage, HeaderSlot, Slot
from wagtail_marketing.messaging.engine.slots import SlotText, split
from wagtail_marketing.messaging.engine.writer import Writer
from wagtail_marketing.messaging.errors import ContentError, RecipientError
from wagtail_marketing.testing.mail_linter import problems

WHEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
# What a database can hold: no surrogates; control characters are there on purpose.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


def clean(text):
    kept = "".join(c for c in text if c in "\t\n\r" or (ord(c) >= 32 and ord(c) != 127))
    return kept.replace("\r\n", "\n").replace("\r", "\n")


@given(st.lists(TEXTS | st.sampled_from([".", "..", " ", "\t", "=", "a" * 80, "é" * 40, "x \n", "\n."])))
def test_pieces_can_be_joined_in_any_order(texts):
    octets = b"".join(qp.encode(text) for text in texts)
    assert quopri.decodestring(octets.replace(b"\r\n", b"\n")).decode() == "".join(clean(text) for text in texts)
    for line in octets.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith(b".")
        assert line.isascii()
        assert not line.endswith((b" ", b"\t"))


@given(TEXTS)
def test_header_text_comes_back_as_it_was_or_is_refused(text):
    try:
        octets = headers.encode_text(text, header="Subject")
    except RecipientError:
        assert headers._FORBIDDEN.search(text)
        return
    decoded = str(email.header.make_header(email.header.decode_header(octets.decode().replace("\r\n", ""))))
    assert decoded == text.strip()
    assert all(len(line) <= 76 for line in octets.split(b"\r\n"))


@pytest.mark.parametrize(
    "text",
    ["a\nb", "a\rb", "a\r\nBcc: x@y.example", "a\x00b", "a\u2028b", "a\u2029b", "a\x85b", "a%0d%0aBcc: x", "a&#10;b"],
)
def test_a_header_value_that_could_open_a_line_is_refused(text):
    with pytest.raises(RecipientError):
        headers.encode_text(text, header="Subject")
    with pytest.raises(RecipientError):
        headers.encode_address(text, "a@shop.example", header="From")


@pytest.mark.parametrize(
    ("given_", "wire"),
    [
        ("ada@example.com", "ada@example.com"),
        ("Ada+x@Example.COM", "Ada+x@example.com"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
    ],
)
def test_addresses_that_we_send_to(given_, wire):
    assert headers.parse_address(given_) == wire


@pytest.mark.parametrize(
    "text",
    [
        *("", "ada", "@example.com", "ada@", "a@b", "a b@example.com", "a@exa mple.com", "a@@example.com"),
        *('"a b"@example.com', "a@[127.0.0.1]", "a@127.0.0.1", "a@example.com\n", "a@example.com\r\nBcc: b@c.example"),
        *(
            "a..b@example.com",
            ".a@example.com",
            "a(x)@example.com",
            "ä@example.com",
            "a@-x.example",
            "a" * 65 + "@x.org",
        ),
        *("a@example.com,b@example.com", "<a@example.com>", "a@example..com", " a@example.com"),
    ],
)
def test_addresses_that_are_refused(text):
    with pytest.raises(RecipientError):
        headers.parse_address(text)


def compiled(**values):
    return CompiledMessage(
        **{
            "head": [
                ("From", headers.encode_address("Shöp", "news@shop.example", header="From")),
                ("Subject", HeaderSlot("subject")),
                ("List-Id", b"<news.shop.example>"),
                ("List-Unsubscribe", HeaderSlot("unsubscribe", uri=True)),
                ("List-Unsubscribe-Post", b"List-Unsubscribe=One-Click"),
            ],
            "text": ["Hello ", Slot("name"), "\nBye.\n"],
            "html": ["<p>Hello ", Slot("name"), "</p>", Slot("empty"), "\n.\n"],
            **values,
        }
    )


@given(name=TEXTS, subject=st.text(st.characters(exclude_categories=["C", "Zl", "Zp"])))
def test_a_filled_message_is_clean_and_says_what_was_filled_in(name, subject):
    values = {"name": name, "empty": "", "subject": subject, "unsubscribe": "https://shop.example/u/1.abc"}
    try:
        data = compiled().fill(values, to="ada@example.com", date=WHEN, message_id="1@shop.example")
    except RecipientError:
        assert headers._FORBIDDEN.search(subject)
        return
    assert problems(data) == []
    head = email.message_from_bytes(data)["Subject"].replace("\r\n", "")
    assert str(email.header.make_header(email.header.decode_header(head))) == subject.strip()
    message = email.message_from_bytes(data, policy=email.policy.SMTP)
    plain, html = (part.get_content().replace("\r\n", "\n") for part in message.iter_parts())
    assert plain == f"Hello {clean(name)}\nBye.\n"
    assert html == f"<p>Hello {clean(name)}</p>\n.\n"
    assert message["Message-ID"] == "<1@shop.example>"


def test_filling_twice_gives_the_same_bytes_and_a_header_that_is_not_ours_is_refused():
    values = {"name": "A", "empty": "", "subject": "S", "unsubscribe": "https://shop.example/u"}
    message = compiled()
    first = message.fill(values, to="a@b.example", date=WHEN, message_id="1@shop.example")
    assert first == message.fill(values, to="a@b.example", date=WHEN, message_id="1@shop.example")
    assert message.keys == {"name", "empty", "subject", "unsubscribe"}
    for name in ("Bcc", "X-Mailer", "To", "Content-Type"):
        with pytest.raises(ValueError, match=name):
            compiled(head=[(name, b"x")])


@pytest.mark.parametrize(
    "data", [b"no line break", b"A: b\r\n\r\nx\ny\r\n", b"A: b\r\n\r\n\0\r\n", b"a" * 999 + b"\r\n"]
)
def test_the_linter_sees_what_is_wrong(data):
    assert problems(data) != []


CONTEXT = {
    "contact": {
        "name": "Zoë <b>",
        "none": Missing("none", fallback="friend"),
        "orders": Number(1234, "1,234"),
        "literal": "{{ contact.name }}",
    },
    "items": [{"name": "a"}, {"name": "b"}],
}


@pytest.mark.parametrize(
    ("source", "html", "text"),
    [
        ("Hi {{ contact.name }}!", "Hi Zoë &lt;b&gt;!", "Hi Zoë <b>!"),
        ("{{contact.none}}", "friend", "friend"),
        ('{{ contact.none | default: "you" }}', "you", "you"),
        ("{{ contact.none | default: 'y&u' }}", "y&amp;u", "y&u"),
        ("{% if contact.none %}x{% else %}y{% endif %}", "y", "y"),
        ("{% if contact.orders > 1000 %}{{ contact.orders }}{% endif %}", "1,234", "1,234"),
        ("{{ contact.name | upcase }}", "ZOË &lt;B&gt;", "ZOË <B>"),
        ("{% for item in items %}{{ item.name }},{% endfor %}", "a,b,", "a,b,"),
        ("a {{- contact.none -}} b", "afriendb", "afriendb"),
        # Data is data: what looks like a token in it comes out as it is.
        ("{{ contact.literal }}", "{{ contact.name }}", "{{ contact.name }}"),
        ("{% if true %}{{ contact.literal }}{% endif %}", "{{ contact.name }}", "{{ contact.name }}"),
        ("no token", "no token", "no token"),
    ],
)
def test_slots_are_filled_and_escaped_for_where_they_stand(source, html, text):
    assert SlotText(source, prefix="h", autoescape=True).render(CONTEXT) == html
    assert SlotText(source, prefix="t", autoescape=False).render(CONTEXT) == text


@given(st.text(st.sampled_from(list("{}%- abif|\n"))))
def test_split_loses_nothing(source):
    try:
        pieces = split(source)
    except ContentError:
        return
    joined = "".join(piece for _is_slot, piece in pieces)
    assert "".join(joined.split()) == "".join(source.split())


def known(path):
    return path in {("contact", "name"), ("contact", "orders"), ("items",)}


@pytest.mark.parametrize(
    ("source", "line", "word"),
    [
        ("a\n{{ contact.nme }}", 2, "contact.nme"),
        ("{{ secret }}", 1, "secret"),
        ("{{ contact.name | base64_decode }}", 1, "base64_decode"),
        ("{{ contact.name | replace: 'a', 'b' }}", 1, "replace"),
        ("{% include 'x' %}", 1, "include"),
        ("{% render 'x' %}", 1, "render"),
        ("{% assign x = 1 %}", 1, "assign"),
        ("{% capture x %}a{% endcapture %}", 1, "capture"),
        ("{% if contact.name %}", None, "endif"),
        ("a\n\n{{ contact.name ", 3, "}}"),
        ("{% for i in items %}{{ other }}{% endfor %}", 1, "other"),
        ("{{ contact['name'].x }}", 1, "contact"),
    ],
)
def test_a_mistake_is_found_with_its_line(source, line, word):
    with pytest.raises(ContentError) as caught:
        check(source, is_known=known, field="subject")
    assert word in caught.value.message
    assert caught.value.field == "subject"
    assert caught.value.line == line


def test_what_may_be_written_passes():
    check("{{ contact.name | default: 'x' | upcase }}{% for i in items %}{{ i.name }}{% endfor %}", is_known=known)


def test_loops_and_output_are_limited():
    text = SlotText(
        "{% for a in items %}{% for b in items %}{% for c in items %}{{ c }}{% endfor %}{% endfor %}{% endfor %}",
        prefix="x",
        autoescape=False,
    )
    with pytest.raises(RecipientError):
        text.render({"items": ["x"] * 100})


def collect(html, **values):
    writer = Writer()
    document, urls = links.collect(writer.insert_raw(writer.html(html)), writer, base_url="https://shop.example")
    return writer.restore(document), urls


def test_addresses_become_absolute_and_get_positions():
    html, urls = collect(
        '<a href="/a?x=1&amp;y=2">One</a> <a href="mailto:a@b.example">Mail</a> <a href="#top">Top</a>'
        '<img src="/i.png" alt="x"> '
        '<a href="https://x.example/{{ contact.key }}"><img src="//c.example/i" alt="Pic"></a>'
        '<a href="{{ links.unsubscribe }}">Bye</a>'
    )
    assert html == (
        '<a href="{{ wm.url_0 }}">One</a> <a href="mailto:a@b.example">Mail</a> <a href="#top">Top</a>'
        '<img src="https://shop.example/i.png" alt="x"> '
        '<a href="{{ wm.url_1 }}"><img src="https://c.example/i" alt="Pic"></a>'
        '<a href="{{ wm.url_2 }}">Bye</a>'
    )
    assert [(url.source, url.label, url.tracked, url.dynamic) for url in urls] == [
        ("https://shop.example/a?x=1&y=2", "One", True, False),
        ("https://x.example/{{ contact.key }}", "Pic", True, True),
        ("{{ links.unsubscribe }}", "Bye", False, True),
    ]


@pytest.mark.parametrize(
    "html",
    [
        '<a href="javascript:alert(1)">x</a>',
        '<a href="JaVaScRiPt:alert(1)">x</a>',
        '<a href="data:text/html,x">x</a>',
        '<a href="vbscript:x">x</a>',
        '<a href="https://{{ contact.key }}.evil.example/">x</a>',
        '<a href="https://user@evil.example/">x</a>',
        '<p style="color: {{ contact.key }}">x</p>',
        '<p onclick="{{ contact.key }}">x</p>',
        "<p {{ contact.key }}>x</p>",
        "<script>x</script>",
        '<iframe src="https://x.example/"></iframe>',
        "<style>.a { color: {{ contact.key }} }</style>",
        "wmq7x0z",
    ],
)
def test_markup_that_no_mail_may_carry_is_refused(html):
    with pytest.raises(ContentError):
        collect(html)


@pytest.mark.parametrize(
    ("source", "value", "url"),
    [
        ("https://x.example/{{ v }}?q={{ v }}", "a/b c&d", "https://x.example/a%2Fb%20c%26d?q=a%2Fb%20c%26d"),
        ("{{ v }}", "https://x.example/a?b=1", "https://x.example/a?b=1"),
        ("{{ v }}", "javascript:alert(1)", None),
        ("{{ v }}", "https://x.example/\r\nSet-Cookie: a", None),
        ("{{ v }}", "", None),
        ("{{ v }}", "//evil.example", None),
        ("https://x.example/{{ v }}", "../..//evil", "https://x.example/..%2F..%2F%2Fevil"),
    ],
)
def test_values_in_addresses_are_encoded_and_dangerous_ones_refused(source, value, url):
    text = links.UrlText(source)
    if url is None:
        with pytest.raises(RecipientError):
            text.render({"v": value})
    else:
        assert text.render({"v": value}) == url


def test_utm_parameters_are_added_where_they_are_not_yet():
    parameters = {"utm_source": "mail", "utm_medium": "email", "utm_term": ""}
    assert (
        links.add_parameters("https://x.example/a?utm_source=own&b=%20#frag", parameters)
        == "https://x.example/a?utm_source=own&b=%20&utm_medium=email#frag"
    )
    assert links.add_parameters("mailto:a@b.example", parameters) == "mailto:a@b.example"


def test_the_text_part_reads_like_one():
    html = (
        "<html><head><title>T</title><style>x</style></head><body>"
        '<div style="display:none">Hidden</div><h1>Big&nbsp;news</h1><p>One<br>two <b>three</b>.</p>'
        '<ul><li>eins</li><li><a href="https://x.example/">zwei</a></li></ul><ol><li>a</li><li>b</li></ol>'
        '<p><a href="https://x.example/">https://x.example/</a> <img src="i" alt="A picture"></p><hr>'
        "<table><tr><td>l</td><td>r</td></tr></table></body></html>"
    )
    assert plaintext.from_html(html) == (
        "Big news\n\nOne\ntwo three.\n\n- eins\n\n- zwei: https://x.example/\n\n1. a\n\n2. b\n\n"
        "https://x.example/ A picture\n\n--------------------\n\nl r\n"
    )
