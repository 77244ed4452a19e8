"""Edits: the repair of a fault as a change of the user's source, one fault a file; tried before it is offered."""
