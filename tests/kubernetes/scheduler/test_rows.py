"""A row of scores does what a plain list does, however it is changed."""

import random
from collections import Counter

from sim.kubernetes.scheduler.rows import REJECTED, ScoreRow, Stretch


def plain_stretch(values, start, enough):
    """By looking at one entry after the other."""
    fitting = 0
    for looked in range(len(values)):
        if values[(start + looked) % len(values)] >= 0:
            if fitting == enough:
                return Stretch(start, looked, fitting)
            fitting += 1
    return Stretch(start, len(values), fitting)


def test_stretches_and_the_best_of_them_are_those_of_a_plain_list():
    chance = random.Random(5)
    for size in (1, 5, 63, 64, 65, 200, 700):
        values = [chance.choice([REJECTED, 0, 50, 99, 100]) for _ in range(size)]
        row = ScoreRow(values)
        for _ in range(150):
            index, value = chance.randrange(size), chance.choice([REJECTED, REJECTED, 0, 1, 50, 100, 400])
            values[index] = value
            row.put([(index, value)])
            assert row.values == values
            start, enough = chance.randrange(size), chance.randrange(1, size + 2)
            stretch = row.stretch(start, enough)
            assert stretch == plain_stretch(values, start, enough)
            indices = [(start + at) % size for at in range(stretch.looked)]
            fitting = [at for at in indices if values[at] >= 0]
            assert list(row.fitting(stretch)) == fitting
            if fitting:
                most = max(values[at] for at in fitting)
                assert row.top(stretch, None) == next(at for at in fitting if values[at] == most)
                drawn = row.top(stretch, chance)
                assert drawn in fitting
                assert values[drawn] == most


def test_every_one_of_equals_is_drawn_as_often():
    chance = random.Random(1)
    for ties in (2, 40, 100):  # few are counted, many found by trying
        values = [1] * 100
        for at in chance.sample(range(100), ties):
            values[at] = 7
        row = ScoreRow(values)
        drawn = Counter(row.top(row.stretch(30, 100), chance) for _ in range(200 * ties))
        assert drawn.keys() == {at for at, value in enumerate(values) if value == 7}
        # Of 200 expected, one is below 140 or above 270 in less than one case of 10,000.
        assert all(130 < count < 280 for count in drawn.values())
