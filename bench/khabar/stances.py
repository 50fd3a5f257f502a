"""Stances: what is counted of them."""

from khabar import claims
from khabar.block import Block, Table
from khabar.claims import Statements, counted, statements, with_same_ends


def stated(block: Block) -> Statements:
    """The stances of both sides, paired where holder, target and label are the same."""
    return statements(block, "stance", block.voices)


def strict(block: Block) -> Table:
    """Stances with the same holder, target and label."""
    return counted(block, block.once(stated), "stance")


def pair(block: Block) -> Table:
    """Stances with the same holder and target, whatever the label."""
    return counted(block, with_same_ends(block.once(stated), either_way=False), "stance")


def evidence(block: Block) -> Table:
    """Characters of evidence of stances that match strictly."""
    return claims.evidence(block, block.once(stated), "stance.evidence")
