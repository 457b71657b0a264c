"""Mail: the messages of a world, their delivery and their storage. It knows messages and mailboxes, no protocol."""
