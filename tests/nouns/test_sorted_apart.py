"""Laws of pairs whose parts come apart: sorted or turned on one side alone."""

from __future__ import annotations

import pytest

from wellfit.nouns.program import Program
from wellfit.nouns.sorted_apart import sorted_apart
from wellfit.nouns.source import Source

APART = {
    "sorted between": """
    labels = torch.tensor([y for _, y in batch])
    batch = sorted(batch, key=lambda pair: len(pair[0]))  #!
    texts = [x for x, _ in batch]
    return texts, labels""",
    "sorted in place between": """
    texts = [item[0] for item in batch]
    batch.sort(key=len)  #!
    labels = [item[1] for item in batch]
    return pad(texts), labels""",
    "one of two": """
    texts, labels = zip(*batch)
    texts = sorted(texts, key=len, reverse=True)  #!
    return pad(texts), torch.tensor(labels)""",
    "one of two, in place": """
    texts, labels = map(list, zip(*batch))
    texts.sort(key=len)  #!
    return pad(texts), torch.tensor(labels)""",
    "turned": """
    texts, lengths, labels = make(batch)
    lengths, order = lengths.sort(descending=True)
    texts = texts[order]  #!
    return texts, lengths, labels""",
}
TOGETHER = {
    "sorted before": """
    batch = sorted(batch, key=lambda pair: len(pair[0]))
    labels = [y for _, y in batch]
    texts = [x for x, _ in batch]
    return texts, labels""",
    "lengths alone": """
    lengths = [len(x) for x, _ in batch]
    batch.sort(key=lambda pair: -len(pair[0]))
    texts, labels = zip(*batch)
    return pad(texts), labels, max(lengths)""",
    "both": """
    texts, lengths, labels = make(batch)
    lengths, order = lengths.sort(descending=True)
    texts = texts[order]
    labels = labels[order]
    return texts, lengths, labels""",
    "to be turned back": """
    texts, lengths, labels = make(batch)
    lengths, order = lengths.sort(descending=True)
    texts = texts[order]
    return texts, lengths, labels, order""",
    "turned back": """
    texts, lengths, labels = make(batch)
    order = lengths.argsort()
    texts = texts[order]
    texts = net(texts)[order.argsort()]
    return texts, labels""",
}


def seen(text: str) -> tuple[Program, Source]:
    source = Source("/code/train.py", f"def collate(batch):{text}\n")
    return Program(source.path, sources={source.path: source}), source


@pytest.mark.parametrize("way", APART)
def test_parts_in_orders_of_their_own_are_named(way):
    program, source = seen(APART[way])
    site = sorted_apart(program)
    assert site is not None
    assert "#!" in source.line(site.line)


@pytest.mark.parametrize("way", TOGETHER)
def test_parts_in_one_order_are_let_be(way):
    assert sorted_apart(seen(TOGETHER[way])[0]) is None
