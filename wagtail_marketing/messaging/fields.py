"""The StreamField of e-mail bodies."""

from django.db import models
from wagtail.blocks import StreamBlock
from wagtail.fields import StreamField

from wagtail_marketing.messaging.registry import email_blocks


class EmailStreamField(StreamField):
    """A StreamField whose blocks come from the registry and never stand in a migration.

    A block that a site or another room adds therefore changes no migration of ours.
    """

    def __init__(self, **kwargs):
        super().__init__([], **kwargs)

    @property
    def stream_block(self):
        # Built at first use, when every app has registered its blocks.
        block = self.__dict__.get("_wm_stream_block")
        if block is None or tuple(block.child_blocks) != email_blocks.keys():
            block = StreamBlock([(name, kind.block()) for name, kind in email_blocks.items()])
            block.set_meta_options(self.block_opts)
            self.__dict__["_wm_stream_block"] = block
        return block

    def deconstruct(self):
        name, path, _args, kwargs = models.Field.deconstruct(self)
        return name, path, [], kwargs
