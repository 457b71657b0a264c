"""A world: one isolated little internet, which knows no protocol and takes time only from its clock."""
