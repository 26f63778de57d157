"""A shared link against closed forms and against a plain max-min simulation written here."""

import math
import random

import pytest
from simpy import Environment

from sim.registry.link import Link, Receiver


def run(capacity, *sends):
    """Times at which (receiver, size, connection, when asked) are done, in the order they were asked for."""
    env = Environment()
    link = Link(env, capacity)
    ends = {}
    for number, (receiver, size, connection, when) in sorted(enumerate(sends), key=lambda item: item[1][3]):
        env.run(until=when) if when > env.now else None
        link.send(receiver, size, lambda number: ends.__setitem__(number, env.now), number, connection)
    env.run()
    return [ends[number] for number in range(len(sends))], link


def naive(capacity, sends):
    """The same by progressive filling: all rates rise together until a connection, a card or the link is full."""
    left = {n: send[1] for n, send in enumerate(sends)}
    ends, now = {}, 0.0
    while len(ends) < len(sends):
        active = [n for n, send in enumerate(sends) if n not in ends and send[3] <= now]
        rates = dict.fromkeys(active, 0.0)
        growing = set(active)
        while growing:
            steps = [sends[n][2] - rates[n] for n in growing]
            steps.append((capacity - sum(rates.values())) / len(growing))
            for card in {id(sends[n][0]): sends[n][0] for n in growing}.values():
                own = [n for n in active if sends[n][0] is card]
                steps.append((card.card - sum(rates[n] for n in own)) / len(growing.intersection(own)))
            step = max(min(steps), 0.0)
            for n in growing:
                rates[n] += step
            full = capacity - sum(rates.values()) < 1e-9
            growing = {
                n
                for n in growing
                if not full
                and sends[n][2] - rates[n] > 1e-9
                and sends[n][0].card - sum(rates[m] for m in active if sends[m][0] is sends[n][0]) > 1e-9
            }
        events = [now + left[n] / rates[n] for n in active] + [send[3] for send in sends if send[3] > now]
        then = min(events)
        for n in active:
            left[n] -= rates[n] * (then - now)
            if left[n] < 1e-7:
                ends[n] = then
        now = then
    return [ends[n] for n in range(len(sends))]


def test_k_equal_downloads_over_one_link_end_together_after_k_times_their_size():
    ends, link = run(100.0, *[(Receiver(), 50.0, math.inf, 0.0)] * 8)
    assert ends == pytest.approx([4.0] * 8)
    assert link.sent == 400.0


def test_a_connection_and_a_card_bound_a_transfer_below_the_links_share():
    slow = Receiver(card=10.0)
    ends, _ = run(100.0, (Receiver(), 50.0, 5.0, 0.0), (slow, 20.0, math.inf, 0.0), (slow, 40.0, math.inf, 0.0))
    assert ends == pytest.approx([10.0, 4.0, 6.0])


def test_what_is_left_of_a_card_goes_to_the_nodes_other_transfer():
    """20 B/s for two, 10 each; the first ends at 5 s, and the other's last 50 bytes come at 20 B/s."""
    node = Receiver(card=20.0)
    ends, _ = run(1000.0, (node, 50.0, math.inf, 0.0), (node, 100.0, math.inf, 0.0))
    assert ends == pytest.approx([5.0, 7.5])


def test_a_receiver_of_weight_a_thousand_is_a_thousand_receivers():
    many, _ = run(100.0, *[(Receiver(2.0), 50.0, math.inf, 0.0) for _ in range(1000)])
    one, link = run(100.0, (Receiver(2.0, weight=1000), 50.0, math.inf, 0.0))
    assert many == pytest.approx([500.0] * 1000)
    assert one == pytest.approx([500.0])
    assert link.sent == 50_000.0


def test_random_arrivals_get_the_max_min_fair_share():
    draw = random.Random(7)
    for _ in range(30):
        nodes = [
            (Receiver(draw.choice([5.0, 20.0, 80.0])), draw.choice([3.0, 15.0, math.inf]))
            for _ in range(draw.randint(1, 5))
        ]
        sends = [
            (node, draw.uniform(1, 200), connection, draw.choice([0.0, 1.5, 4.0]))
            for node, connection in draw.choices(nodes, k=draw.randint(1, 12))
        ]
        ends, _ = run(40.0, *sends)
        assert ends == pytest.approx(naive(40.0, sends), rel=1e-6)


def test_a_card_is_divided_by_transfers_where_two_links_send_to_it():
    """The card's 20 B/s are 10 for each link; the second's ends at 3 s, and the first gets all: 10 + 70 / 20."""
    env = Environment()
    links, node, ends = (Link(env, 100.0), Link(env, 100.0)), Receiver(card=20.0), {}
    for number, (link, size) in enumerate(zip(links, (100.0, 30.0), strict=True)):
        link.send(node, size, lambda number: ends.__setitem__(number, env.now), number)
    env.run()
    assert ends == {1: pytest.approx(3.0), 0: pytest.approx(3.0 + 70 / 20)}
