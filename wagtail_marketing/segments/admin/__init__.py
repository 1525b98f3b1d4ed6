"""The screens of segments: the list, the builder, what it counts, and one segment."""
