"""Facts for attribution, written straight into the tables that the lower rooms own."""

from datetime import UTC, datetime, timedelta
from itertools import count

from wagtail_marketing.campaigns.models import Campaign, CampaignDiscount, CampaignState, Status
from wagtail_marketing.commerce.models import Order
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.discounts.models import Code, Discount, DiscountVersion, Redemption
from wagtail_marketing.messaging.models import EventType, Message, MessageEvent, MessageState, Send, SendState

T0 = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
_numbers = count(1)


def contact(email: str = "") -> Contact:
    number = next(_numbers)
    email = email or f"person-{number}@example.com"
    return Contact.objects.create(
        external_key=f"key-{number}", email=email, email_normalised=email, created_at=T0, updated_at=T0
    )


def campaign(name: str = "Spring", launched_at: datetime | None = T0 - timedelta(days=30)) -> Campaign:
    made = Campaign.objects.create(name=name, created_at=T0, updated_at=T0 - timedelta(days=30))
    status = Status.ACTIVE if launched_at else Status.DRAFT
    CampaignState.objects.create(campaign=made, status=status, launched_at=launched_at)
    return made


def send(of: Campaign, message_class: str = "marketing") -> Send:
    return Send.objects.create(
        name="send",
        channel="email",
        content={},
        message_class=message_class,
        source_ref=of.ref,
        state=SendState.DONE,
        created_at=T0,
    )


def message(of: Campaign, to: Contact, through: Send | None = None, state: str = MessageState.SENT) -> Message:
    through = through or send(of)
    return Message.objects.create(send=through, contact=to, address=to.email, state=state)


def event(of: Message, at: datetime, kind: str = EventType.CLICK, machine: bool = False) -> MessageEvent:
    return MessageEvent.objects.create(send=of.send, message=of, type=kind, occurred_at=at, machine=machine)


def order(by: Contact | None, at: datetime = T0, total: int = 1000, refunded: int = 0, **fields) -> Order:
    return Order.objects.create(
        ref=f"order-{next(_numbers)}",
        contact=by,
        currency="USD",
        total_minor=total,
        total_base=total,
        refunded_minor=refunded,
        refunded_base=refunded,
        placed_at=at,
        updated_at=fields.pop("updated_at", at),
        **fields,
    )


def discount_with_code(code: str) -> Code:
    discount = Discount.objects.create(name=code, currency="USD", created_at=T0, updated_at=T0)
    DiscountVersion.objects.create(discount=discount, number=1, rules={}, created_at=T0)
    return Code.objects.create(discount=discount, code=code, normalised=code, created_at=T0)


def another_code(of: Code, code: str) -> Code:
    return Code.objects.create(discount=of.discount, code=code, normalised=code, created_at=T0)


def attach(to: Campaign, code: Code, only_this_code: bool = False) -> CampaignDiscount:
    return CampaignDiscount.objects.create(
        campaign=to, discount_id=code.discount_id, code_id=code.pk if only_this_code else None
    )


def redeem(on: Order, code: Code | None, amount: int = 100, discount: Discount | None = None) -> Redemption:
    discount = discount or code.discount
    return Redemption.objects.create(
        order_ref=on.ref,
        discount=discount,
        version=discount.versions.get(),
        code=code,
        contact=on.contact,
        amount_minor=amount,
        currency="USD",
        redeemed_at=on.placed_at,
    )
