"""Charts: one a file, `(readings, facts or evidence by name) -> Chart`, or None where what it needs is not there.

Beside the function stand SECTION, the part of the report it belongs to, and ORDER, its place there.
"""
