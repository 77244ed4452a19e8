"""transfer: begin with the weights of an earlier training: where they come from, and what of them fits here."""

from wellfit.verbs.transfer.afresh import afresh
from wellfit.verbs.transfer.begin import Start, begin
from wellfit.verbs.transfer.carry import again, carry

__all__ = ["Start", "afresh", "again", "begin", "carry"]
