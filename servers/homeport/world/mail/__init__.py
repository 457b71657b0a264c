"""Mail: what a world accepts, where it goes and what is kept of it. Knows messages and mailboxes, no protocol."""
