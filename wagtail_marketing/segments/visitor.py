"""Who looks at the site, and whether a segment holds them: for content that only its members see.

Nothing here may break or leak a page: a guest, somebody unknown, a segment that cannot be judged and a fault of
any kind all mean "not a member".
"""

import logging
from typing import Any

from django.db import transaction
from django.http import HttpRequest

from wagtail_marketing.host import get_adapter

logger = logging.getLogger(__name__)

_CONTACT, _JUDGED = "_wm_visitor", "_wm_segments"


def contact_of(request: HttpRequest) -> Any:
    """The contact whom the host's adapter knows behind the request, or None; asked once a request."""
    if not hasattr(request, _CONTACT):
        from wagtail_marketing.contacts.models import Contact

        key = get_adapter().customer_key_of(request)
        setattr(request, _CONTACT, Contact.objects.filter(external_key=key).first() if key else None)
    return getattr(request, _CONTACT)


def holds(request: HttpRequest, segment_id: Any) -> bool:
    """Whether the visitor is in the segment, now; asked once for a request and segment."""
    judged = request.__dict__.setdefault(_JUDGED, {})
    if segment_id not in judged:
        judged[segment_id] = _judge(request, segment_id)
    return judged[segment_id]


def _judge(request: HttpRequest, segment_id: Any) -> bool:
    from .limits import guarded
    from .selectors import is_in

    if not str(segment_id).isdecimal():
        return False
    try:
        # Of its own, so that a statement that fails does not break what the page does in the database.
        with transaction.atomic():
            contact = contact_of(request)
            if contact is None:
                return False
            with guarded():
                return is_in(int(segment_id), contact)
    except Exception as error:
        # By its kind only: the text of a database error repeats values of people.
        logger.error("Segment %s could not be judged for a page: %s", segment_id, type(error).__name__)
        return False
