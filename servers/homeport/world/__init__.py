"""A world: the state of one isolated set of services. It imports no protocol and takes time only from its clock."""
