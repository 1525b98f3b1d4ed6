"""The plugs that the log of activities owns."""

from collections.abc import Callable

from wagtail_marketing.core.registry import Registry

#: Reads waiting ranges (ids of ``FactRange``) of one source into the log; returns how many activities it wrote.
Writer = Callable[[list[int]], int]

#: source of a ``FactRange`` -> its writer. Rooms above announce their facts under a source of their own.
sources: Registry[Writer] = Registry("sources of activities")
