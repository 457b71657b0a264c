"""The schema: definitions of attribute types and object classes, syntaxes, and what they allow."""
