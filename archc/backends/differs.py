"""What every backend raises when its build fails its own check."""


class BuildDiffers(Exception):
    """What was built is not what was analysed: a fault of archc, and nothing is written."""
