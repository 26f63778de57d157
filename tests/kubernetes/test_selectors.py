"""Selectors: the truth table of each operator, of labels that are there, differ or are missing."""

import pytest

from sim.errors import InputError
from sim.kubernetes.selectors import label_selector, node_selector


def chosen(expression, *, nodes=False):
    """For which of zone a, zone b, no zone the expression holds."""
    if nodes:
        term = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
        spec = {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": term}}}
        return [node_selector(spec).matches("n", labels) for labels in ({"zone": "5"}, {"zone": "x"}, {})]
    selector = label_selector({"matchExpressions": [expression]})
    return [selector.matches(labels) for labels in ({"zone": "a"}, {"zone": "b"}, {})]


@pytest.mark.parametrize(
    ("operator", "values", "holds"),
    [
        ("In", ["a"], [True, False, False]),
        ("NotIn", ["a"], [False, True, True]),
        ("Exists", [], [True, True, False]),
        ("DoesNotExist", [], [False, False, True]),
    ],
)
def test_operators_on_labels(operator, values, holds):
    assert chosen({"key": "zone", "operator": operator, "values": values}) == holds


@pytest.mark.parametrize(
    ("operator", "value", "holds"),
    [("Gt", "4", [True, False, False]), ("Gt", "5", [False, False, False]), ("Lt", "6", [True, False, False])],
)
def test_nodes_can_be_asked_for_numbers_and_what_is_no_number_is_never_greater(operator, value, holds):
    assert chosen({"key": "zone", "operator": operator, "values": [value]}, nodes=True) == holds


def test_no_selector_takes_nothing_and_an_empty_one_everything():
    assert not label_selector(None).matches({"a": "b"})
    assert label_selector({}).matches({"a": "b"})
    assert label_selector({}).everything
    assert not label_selector(None).everything


def test_terms_of_nodes_are_alternatives_conditions_hold_together_and_an_empty_term_takes_nothing():
    def takes(*terms, labels=None, name="n1"):
        required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}}
        return node_selector({"affinity": {"nodeAffinity": required}}).matches(name, labels or {"a": "1", "b": "2"})

    a, b = ({"key": key, "operator": "Exists"} for key in "ab")
    c = {"key": "c", "operator": "Exists"}
    named = {"key": "metadata.name", "operator": "In", "values": ["n1"]}
    assert takes({"matchExpressions": [a, b]})
    assert not takes({"matchExpressions": [a, c]})
    assert takes({"matchExpressions": [c]}, {"matchExpressions": [b]})
    assert not takes({})
    assert not takes()
    assert takes({"matchFields": [named]})
    assert not takes({"matchFields": [named]}, name="n2")


def test_the_label_form_and_affinity_hold_together():
    required = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "Exists"}]}]}
    spec = {
        "nodeSelector": {"disk": "ssd"},
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}},
    }
    assert node_selector(spec).matches("n", {"a": "", "disk": "ssd"})
    assert not node_selector(spec).matches("n", {"a": ""})
    assert not node_selector(spec).matches("n", {"disk": "ssd"})


def test_only_some_nodes_come_into_question_where_every_term_names_them():
    def names(*terms):
        required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}}
        return node_selector({"affinity": {"nodeAffinity": required}}).names()

    one, two = ({"key": "metadata.name", "operator": "In", "values": [name]} for name in ("n1", "n2"))
    assert names({"matchFields": [one]}, {"matchFields": [two]}) == {"n1", "n2"}
    assert names({"matchFields": [one, two]}) == set()
    assert names({"matchFields": [one]}, {"matchExpressions": [{"key": "a", "operator": "Exists"}]}) is None


@pytest.mark.parametrize(
    "expression",
    [
        {"key": "a", "operator": "in", "values": ["b"]},
        {"key": "a", "operator": "In"},
        {"key": "a", "operator": "Exists", "values": ["b"]},
        {"operator": "Exists"},
        {"key": "a", "operator": "In", "values": [1]},
    ],
)
def test_what_the_api_server_would_not_take_is_refused(expression):
    with pytest.raises(InputError):
        label_selector({"matchExpressions": [expression]})
