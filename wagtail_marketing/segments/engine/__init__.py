"""Pure: the rule tree, values, dates. No ORM; the moment is passed in."""
