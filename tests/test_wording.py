"""Which name is offered for one that is not known."""

from __future__ import annotations

import pytest

from sim.errors import InputError
from sim.loading import from_document
from sim.wording import nearest, suggestion

TECHNOLOGIES = ("containerd", "docker-28", "docker", "qemu-kvm", "qemu-1-5", "virtualbox")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("dokcer", "docker"), ("VirtualBox", "virtualbox"), ("kvm", "qemu-kvm"), ("KVM", "qemu-kvm"),
        ("docker-engine", "docker"), ("Docker", "docker"), ("kvmm", "qemu-kvm"), ("boxs", ""), ("esx", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_a_misspelt_name_and_a_part_of_a_name_are_understood(given: str, meant: str) -> None:
    assert nearest(given, TECHNOLOGIES) == meant


def test_where_nothing_is_near_all_are_named() -> None:
    assert suggestion("esx", TECHNOLOGIES).startswith("; there are containerd, docker-28")
    assert suggestion("esx", ()) == ""


def test_a_metric_of_another_study_is_found_there() -> None:
    text = {"id": "x", "concept": "overhead", "title": "t", "summary": "s", "study": "startup", "technology": "kvm"}
    with pytest.raises(InputError) as caught:
        from_document({**text, "expect": ["startup.instances.p50 > 3"]})
    messages = [problem.message for problem in caught.value.problems]
    assert "no technology 'kvm', did you mean 'qemu-kvm'?" in messages
    assert "no metric 'instances' in 'startup.instances.p50'; density measures it" in messages
