"""What changed and still waits to be read: by the log of activities, and by the rules of segments."""

from django.db import models


class FactRange(models.Model):
    """Facts that the log of activities has not read yet: ids ``first_id`` to ``last_id`` of ``source``.

    Written in the transaction of the facts themselves (one row for an order, one for a batch of a sync)
    and deleted in the transaction that reads them, so that a kill loses nothing and no gap in the ids
    is passed over.
    """

    source = models.CharField(max_length=20, help_text="order, refund, consent, order-gone, refund-gone")
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    recorded_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.source} {self.first_id}–{self.last_id}"


class ContactChange(models.Model):
    """One kind of fact about a contact changed: what reads it (the rules of segments) looks at the contact again.

    Written in the transaction of the fact itself and deleted in the one that has looked, so that a kill loses
    nothing. A queue and not a table of flags: writers never wait for each other nor for the reader.
    """

    # No key into the contacts: an id of somebody who is gone does no harm, and each order would pay for the check.
    contact_id = models.BigIntegerField(null=True, help_text="Empty: too many to name.")
    fact = models.CharField(max_length=20, help_text="As in Condition.reads: orders, tags, consent ...; * is all.")
    changed_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.fact} of {self.contact_id or 'many'}"
