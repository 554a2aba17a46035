"""What a folder of networks cannot have."""


class SameName(Exception):
    """Two networks of a folder would have one name; text for the user."""
