"""The screens of campaigns: a list, the steps of one campaign, and what may be done with it."""
