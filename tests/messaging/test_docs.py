"""What the pages say of tokens is what there is."""

import re
from pathlib import Path

from wagtail_marketing.messaging.engine.language import FILTERS, TAGS
from wagtail_marketing.messaging.tokens import tokens

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "tokens.md").read_text()


def test_every_token_with_its_other_names_stands_in_the_reference():
    rows = dict(re.findall(r"^\| `([\w.]+)` \| ([^|]*)\|", PAGE, re.MULTILINE))
    ours = {token.name: token.aliases for token in tokens if not token.name.startswith("test")}
    assert {name: tuple(re.findall(r"`(\w+)`", also)) for name, also in rows.items()} == ours


def test_every_tag_and_filter_stands_there():
    told = set(re.findall(r"`(\w+)`", PAGE.partition("Tags:")[2].partition("Everything else")[0]))
    assert told == (TAGS - {"content", "output", "illegal"}) | {"elsif", "else"} | FILTERS
