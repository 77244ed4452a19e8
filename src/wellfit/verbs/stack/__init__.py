"""Stack: trials whose networks differ in width alone, trained at once in one process, each as if it were alone."""

from wellfit.verbs.stack.fits import kin, unfit
from wellfit.verbs.stack.together import Told, together

__all__ = ["Told", "kin", "together", "unfit"]
