"""Pods on their node's host: when they run, are ready, are restarted and end. All times are by hand.

A container takes 1 s to be created and 0.5 s to answer. The control plane's own steps take some hundredths of a second,
and the kubelet lists what runs once a second: so much later than by hand a status may be told.
"""

from itertools import pairwise

import pytest

from sim.kubernetes.hosted_container import pull_policy
from sim.platforms.hosting import HostingOptions
from sim.platforms.nodeimages import kubelet_queue
from tests.kubernetes.hosted import Story, pod, work
from tests.platforms.conftest import make_host, number

LISTED = 1.1
"""The next listing, and the control plane's steps."""


def test_a_pod_runs_once_its_container_does_and_is_ready_with_it_where_nothing_is_probed():
    story = Story(pod(), lambda _: work()).run(10)
    assert story.states() == [["Pending", False, 0], ["Running", True, 0]]
    assert story.moments("runs") == [pytest.approx(1.0, abs=0.1)]
    assert story.moments("answers") == [pytest.approx(1.5, abs=0.1)]
    assert 0 < story.when("Running", True, 0) - story.moments("runs")[0] <= LISTED


def test_a_readiness_probe_is_asked_at_whole_periods_after_the_start():
    probe = {"readinessProbe": {"periodSeconds": 2}}
    story = Story(pod(probe), lambda _: work(answers=2.5)).run(20)
    began = story.moments("runs")[0]
    assert story.when("Running", True, 0) - began == pytest.approx(4.0, abs=0.1)
    assert story.states() == [["Pending", False, 0], ["Running", False, 0], ["Running", True, 0]]


def test_containers_start_one_after_the_other_and_all_have_to_be_ready():
    probes = {"readinessProbe": {"periodSeconds": 1}}
    story = Story(pod({}, probes), lambda one: work(answers=5.0 if one["name"] == "c1" else 0.1)).run(20)
    assert story.moments("runs") == [pytest.approx(1.0, abs=0.1), pytest.approx(2.0, abs=0.1)]
    assert story.when("Running", True, 0) == pytest.approx(7.0, abs=0.2)


def test_init_containers_end_before_the_others_start_and_a_sidecar_stays():
    spec = pod(initContainers=[{"name": "i0", "image": "i"}, {"name": "i1", "image": "i", "restartPolicy": "Always"}])
    story = Story(spec, lambda one: work(exits_after=3.0 if one["name"] == "i0" else None)).run(30)
    # i0 runs at 1 s, answers at 1.5 s and ends at 4.5 s, which is seen within a second; i1 and c0 take one second each
    first, sidecar, main = story.moments("runs")
    assert first == pytest.approx(1.0, abs=0.1)
    assert sidecar - first == pytest.approx(4.5 + 0.5, abs=0.6)
    assert main - sidecar == pytest.approx(1.0, abs=0.01)
    assert story.moments("dead") == [pytest.approx(first + 3.5)]
    assert story.states()[-1] == ["Running", True, 0]


def test_an_exit_is_followed_by_restarts_at_once_then_after_ten_seconds_and_twice_as_long_each_time():
    story = Story(pod(), lambda _: work(exits_after=1.0, exit_code=1)).run(400)
    ends = story.moments("dead")
    waits = [begins - ended for ended, begins in zip(ends, story.moments("runs")[1:], strict=False)]
    # each is created anew in 1 s, and the end is seen within a second
    assert waits == pytest.approx([1.5, 11.5, 21.5, 41.5, 81.5, 161.5][: len(waits)], abs=0.55)
    assert len(waits) == 6


@pytest.mark.parametrize(
    ("policy", "code", "ends"),
    [("Never", 0, "Succeeded"), ("Never", 3, "Failed"), ("OnFailure", 0, "Succeeded"), ("OnFailure", 3, "Running"),
     ("Always", 0, "Running")],
)  # fmt: skip
def test_what_an_exit_means_is_up_to_the_restart_policy(policy, code, ends):
    story = Story(pod(restartPolicy=policy), lambda _: work(exits_after=1.0, exit_code=code)).run(6)
    assert story.states()[-1][0] == ends
    assert story.pool("n1").memory_used == 0


def test_a_liveness_probe_that_fails_has_the_container_end_and_start_again_whatever_the_policy():
    probe = {"livenessProbe": {"periodSeconds": 2, "failureThreshold": 2}}
    story = Story(pod(probe, restartPolicy="OnFailure"), lambda _: work(silent_after=4.0, on_term=0.5)).run(12)
    began = story.moments("runs")[0]
    # silent at 4.5 s of its life; probes fail at 6 and 8 s; TERM is heard within 0.5 s
    assert story.moments("term") == [pytest.approx(began + 8.0)]
    assert story.moments("dead") == [pytest.approx(began + 8.5)]
    assert story.moments("runs")[1] - story.moments("dead")[0] == pytest.approx(1.5, abs=0.55)


def test_one_that_never_answers_is_killed_by_its_startup_probe_with_the_probes_own_grace():
    probe = {"startupProbe": {"periodSeconds": 1, "failureThreshold": 3, "terminationGracePeriodSeconds": 2}}
    story = Story(pod(probe), lambda _: work(answers=100.0, on_term=None)).run(6)
    began = story.moments("runs")[0]
    assert story.moments("dead") == [pytest.approx(began + 2.0 + 2.0)]  # probes at 0, 1 and 2 s


def test_one_that_answers_in_time_is_not_killed_and_one_that_comes_late_is():
    probe = {"livenessProbe": {"periodSeconds": 1, "failureThreshold": 3}}
    assert Story(pod(probe), lambda _: work(answers=1.9)).run(30).moments("dead") == []
    assert Story(pod(probe), lambda _: work(answers=2.1)).run(5).moments("dead") != []


def test_one_that_hangs_is_ready_no_more_but_runs_on_without_a_liveness_probe():
    probe = {"readinessProbe": {"periodSeconds": 1, "failureThreshold": 2}}
    story = Story(pod(probe), lambda _: work(silent_after=10.0)).run(60)
    assert story.states()[-1] == ["Running", False, 0]
    assert story.moments("dead") == []


# Ends


def test_a_deleted_pod_runs_its_hook_is_sent_term_and_goes_once_the_engine_has_removed_it():
    hook = {"lifecycle": {"preStop": {"sleep": {"seconds": 5}}}}
    story = Story(pod(hook), lambda _: work(on_term=2.0))
    story.delete(at=10)
    story.run(40)
    assert story.moments("term") == [pytest.approx(15.0, abs=0.05)]
    assert story.moments("dead") == [pytest.approx(17.0, abs=0.05)]
    assert story.when("gone") == pytest.approx(17.25, abs=0.05)  # removed in 0.25 s


def test_one_that_does_not_hear_term_is_killed_after_its_grace_period():
    story = Story(pod(terminationGracePeriodSeconds=4), lambda _: work(on_term=None))
    story.delete(at=10)
    story.run(40)
    assert story.when("gone") == pytest.approx(14.25, abs=0.05)


SIDECARS = {"initContainers": [{"name": name, "image": "i", "restartPolicy": "Always"} for name in ("s0", "s1")]}


def test_sidecars_end_after_the_main_containers_the_last_one_first():
    """The hook takes 5 s, and each needs 2 s from TERM on."""
    hook = {"lifecycle": {"preStop": {"sleep": {"seconds": 5}}}}
    story = Story(pod(hook, {}, **SIDECARS), lambda _: work(on_term=2.0))
    story.delete(at=20)
    story.run(60)
    for name, term in (("c1", 20), ("c0", 25), ("s1", 27), ("s0", 29)):
        assert story.moments("term", name) == [pytest.approx(term, abs=0.05)]
        assert story.moments("dead", name) == [pytest.approx(term + 2, abs=0.05)]
    assert story.when("gone") == pytest.approx(31.25, abs=0.05)


def test_a_sidecar_waits_for_its_turn_no_longer_than_the_grace_period_and_has_two_seconds_then():
    """c0 is killed after 4 s. Nothing is left of s1's 4 s, nor of s0's: both are sent TERM then and killed 2 s on."""
    story = Story(pod(terminationGracePeriodSeconds=4, **SIDECARS), lambda _: work(on_term=None))
    story.delete(at=20)
    story.run(60)
    for name, dead in (("c0", 24), ("s1", 26), ("s0", 26)):
        assert story.moments("dead", name) == [pytest.approx(dead, abs=0.05)]


def test_a_sidecars_own_hook_runs_while_the_others_end():
    """Of 30 s of grace c0 needs 3 s, so s0 with a hook of 7 s is sent TERM after those 7 s, and not after ten."""
    hook = {"lifecycle": {"preStop": {"sleep": {"seconds": 7}}}}
    spec = pod(initContainers=[{**SIDECARS["initContainers"][0], **hook}])
    story = Story(spec, lambda _: work(on_term=3.0))
    story.delete(at=20)
    story.run(60)
    assert story.moments("term", "s0") == [pytest.approx(27, abs=0.05)]


def test_one_that_is_deleted_before_it_runs_never_runs_and_leaves_nothing():
    story = Story(pod(), lambda _: work(memory=100))
    story.delete(at=0.5)
    story.run(10)
    assert story.moments("runs") == []
    assert story.when("gone") < 0.6
    assert story.pool("n1").memory_used == 0
    assert story.pool("n1").host.held.instances == 0


def test_a_node_that_is_cut_off_tells_nothing_until_it_is_back():
    story = Story(pod(), lambda _: work()).run(0.5)
    story.cluster.kubelets.stop("n1")
    assert story.run(20).states() == [["Pending", False, 0]]
    story.cluster.kubelets.resume("n1")
    assert story.run(23).states()[-1] == ["Running", True, 0]


# Images and memory


@pytest.mark.parametrize(
    ("container", "policy"),
    [
        ({"image": "nginx"}, "Always"),
        ({"image": "nginx:latest"}, "Always"),
        ({"image": "host:5000/nginx"}, "Always"),
        ({"image": "nginx:1.27"}, "IfNotPresent"),
        ({"image": "nginx@sha256:0"}, "IfNotPresent"),
        ({"image": "nginx", "imagePullPolicy": "Never"}, "Never"),
    ],
)
def test_an_image_without_a_fixed_tag_is_always_asked_for(container, policy):
    assert pull_policy(container) == policy


def test_an_image_that_is_never_pulled_and_is_not_there_keeps_the_pod_waiting():
    story = Story(pod({"imagePullPolicy": "Never"}), lambda _: work(image="nginx:alpine")).run(100)
    (told,) = story.pod["status"]["containerStatuses"]
    assert told["state"] == {"waiting": {"reason": "ErrImageNeverPull"}}
    assert story.states()[-1] == ["Pending", False, 0]
    assert story.moments("runs") == []


def test_a_pull_comes_first_and_the_next_pod_has_its_image():
    story = Story(pod(), lambda _: work(image="nginx:alpine"), host=make_host(cores=64, network=number(1e9, "B/s")))
    story.run(60)
    first = story.moments("runs")[0]
    assert first > 1.5
    story.cluster.api.create({"kind": "Pod", "metadata": {"name": "q"}, "spec": pod()})
    story.run(120)
    assert story.moments("runs")[1] - 60 == pytest.approx(1.0, abs=0.1)


def test_more_memory_than_its_limit_ends_a_container_again_and_again():
    limited = {"resources": {"limits": {"memory": "1Ki"}}}
    story = Story(pod(limited), lambda _: work(memory=2000)).run(30)
    began, ended = story.moments("runs"), story.moments("dead")
    assert [end - begin for begin, end in zip(began, ended, strict=True)] == [pytest.approx(0.5)] * len(began)
    assert len(began) == 3  # at once, after 10 s; the next after 20 s
    assert Story(pod(limited), lambda _: work(memory=1000)).run(30).moments("dead") == []


def test_a_container_that_the_host_has_no_memory_for_is_killed_as_it_starts():
    host = make_host(cores=64, memory=number(1000, "B"))
    story = Story(pod({}, {}), lambda _: work(memory=600), host=host).run(5)
    states = [one["state"] for one in story.pod["status"]["containerStatuses"]]
    assert [next(iter(state)) for state in states] == ["running", "waiting"]
    assert story.pool("n1").memory_used == 600


def test_a_kubelet_pulls_for_one_pod_after_the_other():
    """Two images that are not there: the second one's pull begins when the first has ended."""
    options = HostingOptions(network=False, queue=kubelet_queue())
    images = {"a": "nginx:alpine", "b": "node:22-slim"}

    def runs(*names):
        containers = ({"image": f"{name}:1"} for name in names)
        story = Story(pod(*containers), lambda one: work(image=images[one["image"][0]]), options=options)
        return story.run(300).moments("runs")

    both, alone = runs("a", "b"), runs("b")
    assert both[1] - both[0] == pytest.approx(alone[0], abs=0.1)
    assert all(later > earlier for earlier, later in pairwise(both))
