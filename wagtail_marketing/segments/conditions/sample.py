"""``sample``: a share of the people, always the same ones. ``{"percent": 10, "seed": "spring"}``

The first eight hex digits of md5(seed + key), as a share of 16^8; the key is the customer's in the shop, a
guest's uuid. md5 is no secret here: it is the one hash that every database has.
"""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import CharField, Q, TextField, Value
from django.db.models.functions import MD5, Cast, Coalesce, Concat, Left, Replace
from django.db.models.lookups import LessThan
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_marketing.segments.engine import values
from wagtail_marketing.segments.errors import InvalidRules
from wagtail_marketing.segments.registry import Answer, Condition, Descriptor, Facts, Moment, Scope

DIGITS = 8


@dataclass(frozen=True, slots=True)
class SampleParams:
    percent: Decimal
    seed: str

    @property
    def below(self) -> int:
        """Whose prefix is below this number is in."""
        return math.ceil(self.percent * 16**DIGITS / 100)


def prefix(seed: str, key: str) -> str:
    """The eight hex digits of a key."""
    return hashlib.md5(f"{seed}{key}".encode(), usedforsecurity=False).hexdigest()[:DIGITS]


def _percent(raw: Any, path: str) -> Decimal:
    percent = values.number(raw, path)
    if not 0 < percent <= 100:
        raise InvalidRules(
            _("%(value)s percent is not a share.") % {"value": raw}, path=path, remedy=_("Use more than 0, up to 100.")
        )
    return percent


class SampleCondition(Condition):
    key = "sample"
    label = gettext_lazy("A share of them, at random")
    reusable = True

    def clean(self, params: Mapping[str, Any], path: str, moment: Moment) -> SampleParams:
        reader = values.Reader(params, path)
        found = SampleParams(_percent(reader.raw("percent"), reader.at("percent")), reader.get("seed", values.text, ""))
        reader.finish()
        return found

    def reads(self, params: SampleParams) -> frozenset[str]:
        return frozenset()

    def q(self, params: SampleParams, scope: Scope) -> Q:
        if params.below >= 16**DIGITS:
            return ~Q(pk__in=())
        # SQLite keeps a uuid without its dashes, PostgreSQL writes them.
        uuid = Replace(Cast("uuid", CharField()), Value("-"), Value(""))
        key = Concat(Value(params.seed), Coalesce("external_key", uuid, output_field=TextField()))
        # Hex digits of one length order as their numbers do, in every collation.
        return Q(LessThan(Left(MD5(key), DIGITS), Value(f"{params.below:0{DIGITS}x}")))

    def check(self, params: SampleParams, facts: Facts, moment: Moment) -> Answer:
        found = prefix(params.seed, facts.contact.external_key or facts.contact.uuid.hex)
        share = int(found, 16) / 16**DIGITS * 100
        return Answer(int(found, 16) < params.below, found, _("drawn at %(share).1f %%") % {"share": share})

    def text(self, params: SampleParams) -> str:
        return _("is among a random %(percent)s %%") % {"percent": f"{params.percent.normalize():f}"}

    def descriptor(self) -> Descriptor:
        return Descriptor(
            self.key,
            str(self.label),
            inputs=[
                {"name": "percent", "label": _("percent"), "type": "number", "default": 10},
                {"name": "seed", "label": _("drawn by the word"), "type": "text", "default": ""},
            ],
        )
