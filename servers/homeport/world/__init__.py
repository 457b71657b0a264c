"""A world: one isolated little internet. It holds state and rules, knows no protocol, takes time only from its clock."""
