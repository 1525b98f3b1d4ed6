"""Jobs in the admin: the list, one job with its progress, and stopping it."""
