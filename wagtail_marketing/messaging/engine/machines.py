"""Who fetched it, a person or a machine? Few rules, each with a name that the report shows."""

import re
from datetime import datetime, timedelta

#: Faster than anybody reads: a scanner on the way in.
TOO_FAST = timedelta(seconds=2)
_SCANNERS = re.compile(
    r"bot\b|crawl|spider|scan|preview|curl/|wget/|python-|java/|go-http-client|headless|barracuda|proofpoint|mimecast|"
    r"safelinks|symantec|trendmicro|bitdefender|googleimageproxy|yahoomailproxy|facebookexternalhit|slackbot",
    re.IGNORECASE,
)


def judge(kind: str, *, method: str, user_agent: str, sent_at: datetime | None, now: datetime) -> str:
    """The name of the rule that takes this for a machine, or ``""`` for a person. ``kind``: open, click, view.

    ``head``: nobody's browser asks for the headers only. ``too-fast``: within two seconds of sending. ``agent``:
    it says so itself. ``apple-privacy``: Apple's Mail Privacy Protection loads every picture, whoever reads, with
    exactly this bare name. Opens by Google's and Yahoo's image proxies are people's, but come from the proxy: they
    are kept apart as well, since nothing tells when and how often somebody looked.
    """
    if method == "HEAD":
        return "head"
    if sent_at is not None and now - sent_at < TOO_FAST:
        return "too-fast"
    if kind == "open" and user_agent.strip() == "Mozilla/5.0":
        return "apple-privacy"
    if _SCANNERS.search(user_agent):
        return "agent"
    return ""
