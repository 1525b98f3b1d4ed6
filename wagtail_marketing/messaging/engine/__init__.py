"""Pure logic: text and dataclasses in, bytes and dataclasses out; no tables, no clock, no network."""
