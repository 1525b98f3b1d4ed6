"""The plugs that contacts own; the rooms above register into them (in ``AppConfig.ready``)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from wagtail_marketing.core.registry import Registry


@dataclass(frozen=True)
class ChannelAddress:
    """Which columns of a contact hold the address of a channel, and how an address is written.

    ``normalise`` turns what a person typed into the one form that we compare and hash.
    """

    channel: str
    label: Any
    address_field: str
    hash_field: str
    normalise: Callable[[str], str]


@dataclass(frozen=True)
class ConfirmationSender:
    """How the question "did you sign up?" reaches an address of a channel.

    ``send(sign_ups)`` hands one question per row over, inside the caller's transaction: rows of one site and
    language, each with its contact; the link is ``links.confirm_url(sign_up)``. It raises a ``DomainError``
    where the site is not ready, and is asked again later.
    """

    channel: str
    send: Callable[[Sequence[Any]], None]


@dataclass(frozen=True)
class LooseTable:
    """A table without a key to the contact that may still name a person: erasure looks through it.

    ``model`` is ``app_label.Model``; an app that is not installed is passed over. Of ``text`` and ``json``
    only the address is taken out; of ``records`` (JSON) the whole entry around it, because a name stands
    beside it. ``keys`` (text) get a new, meaningless one. ``by_uuid``
    looks for the contact's uuid too.
    """

    model: str
    text: Sequence[str] = ()
    json: Sequence[str] = ()
    records: Sequence[str] = ()
    keys: Sequence[str] = ()
    by_uuid: bool = False


@dataclass(frozen=True)
class ProfileBlock:
    """A block of the contact's page: lower ``order`` stands higher.

    ``build(contact, request)`` returns components of the admin kit (none: nothing is shown);
    ``permission`` is needed on top of seeing contacts at all. ``tab`` is one of ``PROFILE_TABS``: only the
    blocks of the tab that is open are built.
    """

    order: int
    build: Callable[[Any, Any], Sequence[Any]]
    permission: str = ""
    tab: str = "overview"


#: The tabs of a person's page, in their order.
PROFILE_TABS = ("overview", "orders", "messages", "consent", "segments")


@dataclass(frozen=True)
class ProfileFact:
    """A line of the header of the contact's page, on every tab: ``build(contact, request)`` returns what it
    says (text, or safe HTML from ``format_html``); empty: it is left out. Lower ``order`` stands first."""

    order: int
    label: Any
    build: Callable[[Any, Any], Any]


@dataclass(frozen=True)
class ListColumn:
    """A column of the contact list.

    ``annotate`` takes and returns a queryset, so that the list stays one statement; ``value`` reads the
    cell of one row, ``export`` the plain value for a file. ``sort_key`` is the word for its order in the
    address of the list.
    """

    label: Any
    value: Callable[[Any], Any]
    annotate: Callable[[Any], Any] | None = None
    sort_key: str = ""
    #: Columns or annotations that an index holds in this order (the id is added); None of them where
    #: ``sort_null``: people without a value come after the others.
    sort_by: tuple[str, ...] = ()
    sort_null: bool = False
    export: Callable[[Any], Any] | None = None
    numeric: bool = False


@dataclass(frozen=True)
class ListFilter:
    """One way to narrow the contacts: in the list, over REST, and in the filter that a bulk action keeps.

    ``kind`` is ``choice`` (one of ``choices``), ``several`` (any of them), ``period`` (two days, asked for as
    ``<name>_from`` and ``<name>_to``, both inclusive, in the shop's zone) or ``text``. ``q`` makes the
    condition, which an index must carry; it is given the text, the list of texts, or ``(start, end)`` as
    aware moments, of which one may be None. ``choices`` gives ``(value, label)`` pairs; what is not among
    them is refused, unless ``open_choices`` (values come and go: an old one finds nobody). A filter with
    ``shown=False`` is not offered in the list; one with ``personal=True`` asks for who may see people.
    """

    label: Any
    kind: str
    q: Callable[[Any], Any]
    choices: Callable[[], Sequence[tuple[str, Any]]] | None = None
    order: int = 500
    help: Any = ""
    open_choices: bool = False
    shown: bool = True
    personal: bool = False


@dataclass(frozen=True)
class ListAction:
    """What another room does with a static list: a button of its page.

    ``url(contact_list)`` leads to a view that asks or shows; ``permission`` is needed to see the button.
    """

    label: Any
    url: Callable[[Any], str]
    permission: str
    icon: str = "arrow-right"


@dataclass(frozen=True)
class BulkAction:
    """Something that is done with many contacts at once, in the background.

    ``check(options)`` gives the options as the job keeps them (JSON, ids) or raises ``InvalidInput``;
    ``change(contacts, options)`` does it to one slice, set-based, and returns for how many it made a
    difference: doing it again must make none. ``form`` is the dotted path of the form that asks for the
    options. ``permission`` is needed on top of seeing contacts; ``warning`` stands on the page that asks.
    """

    label: Any
    permission: str | tuple[str, ...]
    check: Callable[[dict[str, Any]], dict[str, Any]]
    change: Callable[[Any, dict[str, Any]], int]
    form: str
    warning: Any = ""
    destructive: bool = False
    order: int = 500
    #: The job that does it, where it is not the usual walk in slices.
    run: str = "wagtail_marketing.contacts.services.bulk.run"

    @property
    def permissions(self) -> tuple[str, ...]:
        return (self.permission,) if isinstance(self.permission, str) else tuple(self.permission)


#: channel -> ``ChannelAddress``
channels: Registry[ChannelAddress] = Registry("channels")
#: channel -> ``ConfirmationSender``
confirmation_senders: Registry[ConfirmationSender] = Registry("confirmation senders")
#: room -> ``export(contact) -> JSON-serialisable``: everything that the room knows of the person
exporters: Registry[Callable[[Any], Any]] = Registry("exporters")
#: room -> ``erase(contact) -> None``: removes or pseudonymises it; runs inside the erasing transaction
erasers: Registry[Callable[[Any], None]] = Registry("erasers")
#: room -> ``contacts.merging.Merger``: what of the room's changes its owner when two contacts become one
mergers: Registry[Any] = Registry("mergers")
#: name -> ``LooseTable``: where a person may be named without a key that leads to them
loose_tables: Registry["LooseTable"] = Registry("loose tables")
profile_blocks: Registry[ProfileBlock] = Registry("profile blocks")
profile_facts: Registry[ProfileFact] = Registry("profile facts")
list_columns: Registry[ListColumn] = Registry("list columns")
list_actions: Registry[ListAction] = Registry("actions of lists")
#: room -> ``find(contact_list) -> labels`` of what chooses people by a static list: such a list is not deleted
list_users: Registry[Callable[[Any], Sequence[Any]]] = Registry("users of lists")
list_filters: Registry[ListFilter] = Registry("list filters")
bulk_actions: Registry[BulkAction] = Registry("bulk actions")
#: room -> dotted path of the task that reads ``ContactChange``; without any, changes are not noted
change_readers: Registry[str] = Registry("readers of changes")


def channel_address(channel: str) -> ChannelAddress:
    """The address of ``channel``. Raises ``InvalidInput`` for a channel that nobody registered."""
    from django.utils.translation import gettext as _

    from wagtail_marketing.core.errors import InvalidInput

    found = channels.get(channel)
    if found is None:
        raise InvalidInput(_("“%(channel)s” is not a channel.") % {"channel": channel}, field="channel")
    return found
