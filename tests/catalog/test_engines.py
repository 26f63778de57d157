"""Releases of engines: which there are, what each does one at a time, and what one more costs beside many."""

from dataclasses import replace

import pytest

from sim.catalog import load
from sim.catalog.facts import facts, values
from sim.catalog.tables.engines import engine_documents, engine_of, engines, of_release
from sim.engine.seeds import SeedTree
from sim.errors import InputError
from sim.platforms.plan import StartOptions, boot_plan
from sim.studies.base import Context, statistic
from sim.studies.startup import Startup, run

DOCKER = ("0.9", "1.10", "1.11", "1.12", "18.09", "20.10", "26.1", "28", "29")


def steps(technology, host="reference", **options):
    found = boot_plan(technology, None, load.application("hello"), load.host(host), StartOptions(**options))
    return {step.id: step for step in found.steps}


def docker(version):
    return of_release(load.technology("docker"), version)


def fact(name, unit="s"):
    return values(facts()[name], unit)[0]


def test_every_release_is_a_technology_of_that_version():
    for engine in engines().values():
        for release in engine.releases:
            assert release.holds_for(load.technology(release.technology).version), release
    assert tuple(release.version for release in engines()["docker"].releases) == DOCKER


def test_every_document_says_something_of_a_release():
    named = {name for engine in engines().values() for release in engine.releases for name in release.sources}
    assert named == set(engine_documents())


@pytest.mark.parametrize(
    ("asked", "technology"),
    [
        ("18.09", "docker-18-09"),
        ("20.10.21", "docker-20-10"),
        ("26.1", "docker"),
        ("26.1.5", "docker"),
        ("28.0.1", "docker-28"),
    ],
)
def test_a_release_holds_for_its_patches(asked, technology):
    assert docker(asked).id == technology
    assert of_release(load.technology("docker-1-10"), asked).id == technology


@pytest.mark.parametrize(
    ("technology", "version", "says"),
    [
        ("docker", "20.10.banana", "no '20.10.banana' of docker"),
        ("docker", "19.03", "no '19.03' of docker; there are 0.9, 1.10, 1.11, 1.12, 18.09, 20.10, 26.1, 28, 29"),
        ("docker", "1", "no '1' of docker"),
        ("docker", "28x", "no '28x' of docker"),
        ("podman", "3", "no '3' of podman; there are 4, 5"),
        (
            "qemu-kvm",
            "8",
            "'qemu-kvm' is no release of an engine; those that are start by one of docker, podman, containerd",
        ),
        ("docker-devicemapper", "18.09", "'docker-devicemapper' is no release of an engine"),
    ],
)
def test_a_release_that_is_not_there_is_named_with_those_there_are(technology, version, says):
    with pytest.raises(InputError) as caught:
        Startup(technology=technology, engine=version)
    assert says in str(caught.value)
    assert str(caught.value).startswith("engine: ")


def test_a_scenarios_engine_is_the_technology_of_that_release():
    """Minimum and maximum of a run with `engine` are those of the technology itself."""
    asked, named = (
        run(parameters, Context("it", SeedTree(1))).samples["startup_time"]
        for parameters in (
            Startup(technology="docker", engine="20.10", host="server", instances=20),
            Startup(technology="docker-20-10", host="server", instances=20),
        )
    )
    assert asked == named


def test_a_technology_without_an_engine_is_of_none():
    assert engine_of("runc") is None
    assert engine_of("docker-18-09") is engines()["docker"]


def test_the_layer_store_is_one_lock_until_18_09():
    """moby v18.09.6 layer/layer_store.go holds mountL in CreateRWLayer; v18.09.7 does not (moby/moby#39135)."""
    held = {version: "layer-store" in steps(docker(version)) for version in ("1.12", "18.09", "20.10", "26.1", "28")}
    assert held == {"1.12": True, "18.09": True, "20.10": False, "26.1": False, "28": False}
    assert steps(docker("18.09"))["layer-store"].resource == "layer_store"


@pytest.mark.parametrize(
    ("version", "network", "metadata"),
    [
        ("0.9", 0, 0),
        ("1.10", 10, 0),
        ("1.12", 10, 0),
        ("18.09", 10, 8),
        ("26.1", 10, 8),
        ("28", 8, 8),
        ("29", 8, 8 + 14),
    ],
)
def test_databases_are_flushed_as_often_as_was_counted(version, network, metadata):
    """R0427, R0428, R0434. libnetwork keeps a database since Docker 1.9, containerd since Docker 17.12.

    From 28.1 on a network keeps no count of its endpoints, which is one write less of two flushes (D1611).
    """
    found = dict.fromkeys(("network_store", "containerd_metadata"), 0.0)
    for step in steps(docker(version)).values():
        if step.resource in found:
            found[step.resource] += step.flushes
    assert found == {"network_store": network, "containerd_metadata": metadata}


def test_before_there_is_a_database_a_networks_lock_is_given_back_without_it():
    """libnetwork keeps a database since Docker 1.9. Before, the allocator alone is under the lock, if there is one."""
    ends = {}
    for version in ("1.8", "1.9"):
        for network in (False, True):
            technology = replace(load.technology("docker"), version=version)
            options = StartOptions(network=network)
            plan = boot_plan(technology, None, load.application("hello"), load.host("reference"), options)
            ends[version, network] = {plan.steps[at - 1].id: locks for at, locks in plan.given_back.items()}
            assert any(step.resource == "network_lock" for step in plan.steps) == bool(ends[version, network])
    record = {"network-record": ("network_lock",)}
    assert ends == {
        ("1.8", False): {},
        ("1.8", True): {"network-allocator": ("network_lock",)},
        ("1.9", False): record,
        ("1.9", True): record,
    }


@pytest.mark.parametrize(("version", "flushes"), [("20.10", 8), ("26.1", 8), ("28", 6), ("29", 6)])
def test_an_end_writes_a_count_less_from_28_1_on(version, flushes):
    """Endpoint on leaving, endpoint, count and sandbox are four writes of two flushes (R0431, D1612)."""
    hello, host = load.application("hello"), load.host("reference")
    found = boot_plan(docker(version), None, hello, host, StartOptions(clean_up=True))
    assert [step.flushes for step in found.steps if step.id == "network-store-end"] == [flushes]


def test_flushes_of_docker_26_add_up_to_those_of_a_whole_run():
    """The daemon's 18 of a run without a network were counted in another session (R0351)."""
    assert fact("R0427", "1") + fact("R0431", "1") == float(facts()["R0351"].value)


@pytest.mark.parametrize("engine", ["20.10", "26.1"])
def test_what_sixty_four_starts_write_passes_under_the_lock_of_one_database(engine):
    """R0427: ten flushes for each, one after another, of 0.75 ms. So the last waits for all, whoever writes in between.

    Up to 25.0 each of the five writes opens the file, for half a millisecond.
    """
    samples = run(
        Startup(technology="docker", engine=engine, host="c5a-16xlarge", application="hello", instances=64),
        Context("it", SeedTree(1)),
    ).samples
    held = 10 * 0.00075 + (5 * 0.0005 if engine == "20.10" else 0)
    (last,), alone = samples["makespan"], min(samples["startup_time"])
    assert 64 * held < last < 64 * held + alone


@pytest.mark.parametrize(("disk", "flush"), [("cloud-disk", 0.75e-3), ("hard-disk", 10e-3)])
def test_first_and_last_of_sixty_four_without_a_network_are_ready_as_far_apart_as_one_database_writes(disk, flush):
    """docs/engines.md: within 0.4 s on a cloud's disk, and 5 s on a hard disk.

    Each of 64 makes five writes of two flushes, all by turns. The first is behind all the sandboxes, which were asked
    for before. Then it writes four times, of which one is by turns with the next one's. So 69 writes of 320 are past,
    and 251 are left until the last has made its own. What follows is as long for the first as for the last.
    """
    samples = run(
        Startup(technology="docker", host="c5a-16xlarge", application="hello", instances=64, disk=disk),
        Context("it", SeedTree(1)),
    ).samples
    assert samples["ready_span"] == [pytest.approx((64 * 5 - 64 - 5) * 2 * flush, rel=0.03)]


def test_docker_20_10_is_as_much_slower_as_was_measured():
    """195.6 against 164 ms to the first byte, and the same from there to the return, without a network."""
    times = {
        version: [
            statistic("p50", run(
                Startup(technology="docker", engine=version, host="reference", application="hello", instances=40,
                        arrivals="rate", rate=1.0, clean_up="each"),
                Context("it", SeedTree(1)),
            ).samples[metric])
            for metric in ("init_time", "removal_time")
        ]
        for version in ("20.10", "26.1")
    }  # fmt: skip
    assert times["20.10"][0] - times["26.1"][0] == pytest.approx(fact("R0358") - fact("R0302"), abs=0.006)
    assert times["20.10"][1] == pytest.approx(times["26.1"][1], rel=0.05)


@pytest.mark.parametrize(
    ("technology", "phases", "measured"),
    [
        ("docker", ("dockerd",), {50: "R0412", 100: "R0413", 200: "R0414", 300: "R0415", 0: "R0411"}),
        ("docker", ("containerd",), {50: "R0417", 100: "R0418", 200: "R0419", 300: "R0420", 0: "R0416"}),
        ("runc", ("create",), {100: "R0392", 200: "R0393", 0: "R0391"}),
        ("crun", ("create",), {300: "R0395", 100: "R0394"}),
    ],
)
def test_what_one_more_costs_beside_many_is_what_was_measured_beside_all_of_them(technology, phases, measured):
    """Slopes were set by the first and the last row. Those between are predicted within a tenth."""
    least = min(measured)
    for there, name in measured.items():
        grown = sum(
            amount * (there - least)
            for phase in phases
            for per, amount, _ in steps(load.technology(technology))[phase].growth
            if per == "instance"
        )
        assert fact(measured[least]) + grown == pytest.approx(fact(name), rel=0.1), (technology, there)


def test_dockers_growth_is_that_of_its_fastest_runs():
    """By CPU 133 us more for each container, by the fastest runs of another session 116 us (R0396, R0397)."""
    found = steps(load.technology("docker"), clean_up=True)
    grown = sum(
        amount for step in found.values() for per, amount, beyond in step.growth if per == "instance" and beyond is None
    )
    assert grown == pytest.approx((fact("R0397") - fact("R0396")) / 100, rel=0.2)


def test_a_namespace_costs_more_once_there_are_more_than_the_kernel_had_left():
    (growth,) = steps(load.technology("netns-in-place"))["unshare"].growth
    assert growth == ("instance", pytest.approx(fact("R0406") - fact("R0404"), rel=0.001), 300.0)


def test_a_pod_by_cri_is_two_runs_of_runc_and_one_shim():
    """containerd internal/cri/server: RunPodSandbox, then CreateContainer and StartContainer in it."""
    pod, container = (list(steps(load.technology(name), network=True)) for name in ("containerd-cri", "containerd"))
    order = ["netns-devices", "veth", "shim", "sandbox", "runc-create", "runc-start"]
    assert [step for step in pod if step in order] == order
    assert set(pod) - set(container) == {"cri", "sandbox", "sandbox-wait", "sandbox-store"}


def test_docker_28_takes_as_much_less_cpu_than_26_as_was_measured_by_turns():
    """228.6 against 259.8 ms without a network (R1264), times what 26.1 takes on the reference host (R0312)."""
    cpu = {
        name: sum(step.amount for step in steps(load.technology(name), clean_up=True).values() if step.demand == "cpu")
        for name in ("docker", "docker-28")
    }
    less = fact("R0312") * (1 - fact("R1264") / 259.8e-3)
    assert cpu["docker"] - cpu["docker-28"] == pytest.approx(less, rel=0.05)


def test_the_kernels_time_of_a_start_is_the_wait_to_join_a_cgroup_unless_another_joined_just_before():
    """11 ms of runc's 43 ms (facts R0026, R0027), and 0.1 ms up to 10 ms after the last one (R0091)."""
    seconds = {}
    for count in (1, 32):
        found = run(
            Startup(technology="docker", host="reference", application="hello", network="none", instances=count),
            Context("kernel", SeedTree(1)),
        )
        seconds[count] = statistic("p50", found.samples["kernel_time"])
        joined = [one.end - one.start for one in found.records if getattr(one, "phase", "") == "cgroup-attach"]
        assert len(joined) == count
        assert min(joined) == pytest.approx(0.011 if count == 1 else 0.0001)
    assert 0.9 * seconds[1] < 0.011 < seconds[1]
    assert seconds[32] < seconds[1]
