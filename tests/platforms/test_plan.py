"""Which phases a start goes through, in which order, and with which numbers."""

from dataclasses import replace

import pytest

from sim.catalog.kernel import Growth, Hold, Operation, generation
from sim.catalog.number import Number
from sim.catalog.tables.nesting import Nesting
from sim.outcome import Bound
from sim.platforms import plan
from sim.platforms.plan import StartOptions, boot_plan


@pytest.fixture
def ids(technology, guest, application, host, phase):
    inside = guest(
        phase("kernel", "cpu", 1.0, "init", "kernel"),
        phase("services", "cpu", 1.0, "application", "userland"),
        userland=("services",),
    )
    app = application(phase("app", "cpu", 1.0, "application", "application"))

    def make(*phases, runs="process", options=None, kernel="6.1"):
        plan = boot_plan(
            technology(*phases, runs=runs),
            None if runs == "process" else inside,
            app,
            host(kernel=kernel),
            options or StartOptions(),
        )
        return [step.id for step in plan.steps]

    return make


def test_what_a_technology_runs_decides_which_of_the_guests_phases_there_are(ids, phase):
    vmm = phase("vmm", "cpu", 1.0)
    assert ids(vmm) == ["vmm", "app"]
    assert ids(vmm, runs="userland") == ["vmm", "services", "app"]
    assert ids(vmm, runs="guest") == ["vmm", "kernel", "services", "app"]
    assert ids(vmm, runs="unikernel") == ["vmm", "kernel", "services", "app"]


def test_phases_are_in_the_order_of_what_they_lead_to(ids, phase):
    after = phase("report", "wait", 1.0, "application")
    assert ids(after, phase("vmm", "cpu", 1.0), runs="guest") == ["vmm", "kernel", "report", "services", "app"]


OPTIONS = {"network": StartOptions(network=True), "cold": StartOptions(cold=True), "pull": StartOptions(pull=True)}


@pytest.mark.parametrize("name", OPTIONS)
def test_a_condition_is_met_by_the_option_of_its_name(ids, phase, name):
    conditional = phase("extra", "wait", 1.0, when=name)
    assert ids(conditional) == ["app"]
    assert ids(conditional, options=OPTIONS[name]) == ["extra", "app"]


@pytest.mark.parametrize(
    ("kernel", "found"), [("4.4", ["old"]), ("4.15", ["old"]), ("5.0", ["new"]), ("5.15", ["new"])]
)
def test_the_hosts_kernel_decides_which_generations_phases_there_are(ids, phase, kernel, found):
    old = phase("old", "wait", 1.0, kernel_before="5.0")
    new = phase("new", "wait", 1.0, kernel_from="5.0")
    assert ids(old, new, kernel=kernel) == [*found, "app"]


def test_generations_compare_by_number():
    assert generation("4.4") < generation("4.15") < generation("5.4") < generation("5.15") < generation("6.1")


def test_milestones_count_the_steps_before_them(technology, application, host, phase):
    plan = boot_plan(
        technology(phase("a", "cpu", 1.0), phase("b", "cpu", 1.0), phase("c", "cpu", 1.0, "init")),
        None,
        application(phase("app", "cpu", 1.0, "application")),
        host(),
        StartOptions(),
    )
    assert (plan.runtime, plan.init, len(plan.steps)) == (2, 3, 4)


def test_guest_cpu_is_stretched_by_the_efficiency_and_nothing_else_is(technology, guest, application, host, phase):
    plan = boot_plan(
        technology(phase("vmm", "cpu", 1.0), runs="guest", family="vm", efficiency=0.8),
        guest(phase("kernel", "cpu", 1.0, "init"), phase("firmware", "wait", 1.0, "init")),
        application(phase("app", "cpu", 1.0, "application")),
        host(),
        StartOptions(),
    )
    assert [step.amount for step in plan.steps] == [1.0, 1.25, 1.0, 1.25]


@pytest.fixture
def veth(phase, amount):
    """A hold of 16 ms and 1 ms a port, of 4 ms before Linux 5.4 and of 300 ms before 4.15, without growth."""
    text = phase("x", "wait", 1.0).text
    held = Hold(amount(0.016), (Growth("port", amount(0.001)),))
    older = (("4.15", Hold(amount(0.3))), ("5.4", Hold(amount(0.004))))
    operation = Operation("veth-move", text, held, older, adds_port=True)
    return phase("veth", "hold", 0.016, resource="rtnl", operation=operation)


@pytest.mark.parametrize(
    ("kernel", "held", "growth"),
    [
        ("4.4", 0.3, ()),
        ("4.15", 0.004, ()),
        ("5.3", 0.004, ()),
        ("5.4", 0.016, (("port", 0.001, None),)),
        ("6.18", 0.016, (("port", 0.001, None),)),
    ],
)
def test_how_long_a_lock_is_held_depends_on_the_hosts_kernel(veth, technology, application, host, kernel, held, growth):
    plan = boot_plan(technology(veth), None, application(), host(kernel=kernel), StartOptions())
    assert (plan.steps[0].amount, plan.steps[0].growth, plan.ports) == (held, growth, 1)


@pytest.mark.parametrize(("version", "held"), [("18.09", 0.3), ("20.10.24", 0.004), ("26.1.5", 0.016), ("", 0.016)])
def test_how_long_a_daemons_lock_is_held_depends_on_the_engines_version(
    technology, application, host, phase, amount, version, held
):
    """The host's kernel, which is older than any of these versions by number, does not matter."""
    older = (("19.03", Hold(amount(0.3))), ("26", Hold(amount(0.004))))
    operation = Operation("create", phase("x", "wait", 1.0).text, Hold(amount(0.016)), older, daemon=True)
    made = phase("store", "hold", 0.016, resource="layer_store", operation=operation)
    engine = replace(technology(made), version=version)
    plan = boot_plan(engine, None, application(), host(kernel="4.4"), StartOptions())
    assert [step.amount for step in plan.steps] == [held]


def test_flushes_under_a_lock_are_counted_beside_its_seconds(technology, application, host, phase, amount):
    """2 ms and ten flushes, at most twelve. How long one takes is the disk's."""
    flushes = amount(10.0, "1", high=12.0)
    operation = Operation("write", phase("x", "wait", 1.0).text, Hold(amount(0.002), (), flushes), daemon=True)
    write = phase("store", "hold", 0.002, resource="network_store", operation=operation)
    machine = host(disk_flush=amount(0.005))
    found = [
        boot_plan(technology(write), None, application(), machine, StartOptions(), bound=bound).steps[0]
        for bound in ("value", "high")
    ]
    assert [(step.amount, step.flushes) for step in found] == [(0.002, 10.0), (0.002, 12.0)]
    assert {flushes, machine.disk_flush} <= set(found[0].inputs)


def test_a_host_that_says_a_locks_seconds_leaves_its_flushes(technology, application, host, phase, amount):
    operation = Operation("write", phase("x", "wait", 1.0).text, Hold(amount(0.002), (), amount(10.0, "1")))
    write = phase("store", "hold", 0.002, resource="network_store", operation=operation)
    own = host(locks={"network_store.write": amount(0.007)})
    (step,) = boot_plan(technology(write), None, application(), own, StartOptions()).steps
    assert (step.amount, step.flushes) == (0.007, 10.0)


def test_a_phase_that_only_flushes_is_there(technology, application, host, phase, amount):
    operation = Operation("write", phase("x", "wait", 1.0).text, Hold(amount(0.0), (), amount(1.0, "1")))
    write = phase("store", "hold", 0.0, resource="network_store", operation=operation)
    assert len(boot_plan(technology(write), None, application(), host(), StartOptions()).steps) == 1


def test_an_instance_is_as_many_mounts_as_its_technology_says(technology, application, host, phase, amount):
    start = phase("x", "cpu", 1.0)
    plans = [
        boot_plan(replace(technology(start), mounts=mounts), None, application(), host(), StartOptions())
        for mounts in (None, amount(2.0, "1"))
    ]
    assert [plan.mounts for plan in plans] == [1, 2]


def test_a_host_overrides_how_long_its_locks_are_held(veth, technology, application, host, amount):
    plans = [
        boot_plan(technology(veth), None, application(), host(locks=locks), StartOptions()).steps[0].amount
        for locks in ({}, {"rtnl.veth-move": amount(0.2)}, {"rtnl.other": amount(0.2)})
    ]
    assert plans == [0.016, 0.2, 0.016]


def test_a_host_lengthens_the_waits_that_it_names(technology, application, host, phase, amount):
    wait = phase("kvm", "wait", 0.0, resource="kvm_create")
    plans = [
        boot_plan(technology(wait), None, application(), host(waits=w), StartOptions())
        for w in ({}, {"kvm_create": amount(0.02)})
    ]
    assert [len(plan.steps) for plan in plans] == [0, 1]
    assert plans[1].steps[0].amount == 0.02


def test_a_phase_may_be_several_holds(technology, application, host, veth, amount):
    twice = replace(veth, provenance={"times": amount(2.0, "1", low=1.0, high=3.0)})
    plans = [
        boot_plan(technology(twice), None, application(), host(), StartOptions(), bound=bound)
        for bound in ("low", "value", "high")
    ]
    assert [plan.steps[0].amount for plan in plans] == pytest.approx([0.016, 0.032, 0.048])
    assert plans[1].steps[0].growth == (("port", 0.002, None),)


def test_a_fault_for_each_page_of_the_working_set(technology, guest, application, host, phase, amount):
    """4 MiB are 1,024 pages: at 2 us each 2.048 ms, and at 4096 bytes each 4 MiB."""
    faults = phase("faults", "cpu", 2e-6, per_page=True)
    files = phase("files", "read", 4096.0, resource="set", per_page=True)
    restored = replace(guest(), working_set=amount(4 * 2**20, "B", low=2**20))
    cases: list[tuple[Bound, Number | None]] = [("value", None), ("low", None), ("value", amount(2**20, "B"))]
    plans = [
        boot_plan(
            technology(faults, files, runs="guest"),
            restored,
            application(),
            host(),
            StartOptions(working_set=size),
            bound=bound,
        )
        for bound, size in cases
    ]
    assert [[step.amount for step in plan.steps[:2]] for plan in plans] == [
        pytest.approx([2.048e-3, 4 * 2**20]),
        pytest.approx([0.512e-3, 2**20]),
        pytest.approx([0.512e-3, 2**20]),
    ]


def test_on_a_nested_host_exits_and_faults_are_slow_and_computing_nearly_is_not(
    technology, guest, application, host, phase, amount, monkeypatch
):
    """Exits 10 times: a machine of half exits 5.5 times; a kernel of a tenth, computing 1.2 times, 2.08 times."""
    found = Nesting(*(amount(value, "1") for value in (1.2, 10.0, 0.5, 0.1, 0.0)))
    monkeypatch.setattr(plan, "nesting", lambda: found)
    faults = phase("faults", "cpu", 1e-6, owner="machine", per_page=True)
    vm = technology(phase("shim", "cpu", 1.0), phase("vmm", "cpu", 1.0, owner="machine"), faults, runs="guest")
    inside = replace(
        guest(phase("kernel", "cpu", 1.0, owner="kernel"), phase("init", "cpu", 1.0, owner="userland")),
        working_set=amount(4096, "B"),
    )
    app = application(phase("app", "cpu", 1.0, "application"), phase("rest", "wait", 1.0, "application"))
    steps = boot_plan(vm, inside, app, host(nested=True), StartOptions()).steps
    assert {step.id: step.amount for step in steps} == pytest.approx(
        {"shim": 1.0, "vmm": 5.5, "faults": 1e-5, "kernel": 2.08, "init": 1.2, "app": 1.2, "rest": 1.0}
    )
    inputs = {step.id: step.inputs for step in steps}
    assert found.computing in inputs["kernel"]
    assert found.kernel in inputs["kernel"]
    assert found.exit in inputs["faults"]
    assert not {found.computing, found.exit} & set(inputs["shim"])
    process = replace(vm, runs="process")
    flat = boot_plan(process, None, app, host(nested=True), StartOptions()).steps
    assert [step.amount for step in flat if step.id in ("vmm", "app")] == [1.0, 1.0]


def test_layers_of_the_image_grow_a_demand_by_a_known_amount(technology, application, host, phase):
    """An overlay mount: 176 us and 3.5 us for each lower layer; 20 layers take 246 us."""
    mount = phase("overlay", "wait", 176e-6, grows=[("layer", 3.5e-6)])
    plan = boot_plan(technology(mount), None, application(), host(), StartOptions(layers=20))
    assert plan.steps[0].amount == pytest.approx(246e-6)
    assert plan.steps[0].growth == ()


def test_ends_of_ranges_are_taken_together(technology, guest, application, host, phase, amount):
    """At "low" a start is as short as its sources allow: the least work at the best efficiency."""
    vm = technology(phase("vmm", "cpu", amount(1.0, low=0.5, high=2.0)), runs="guest")
    inside = guest(phase("kernel", "cpu", amount(1.0, low=0.5, high=2.0), "init"))
    found = [
        [step.amount for step in boot_plan(vm, inside, application(), host(), StartOptions(), bound=bound).steps]
        for bound in ("low", "value", "high")
    ]
    assert found == [[0.5, 0.5], [1.0, 1.0], [2.0, 2.0]]


def test_a_step_names_every_number_that_went_into_it(technology, guest, application, host, phase, amount):
    guess = amount(1.0, low=0.5, high=2.0, estimate="a guess")
    speed, efficiency = amount(1.0, "1", 0.5, 2.0, "a guess"), amount(0.5, "1")
    cores = amount(2.0, "1", 1.0, 4.0)
    vm = replace(
        technology(phase("known", "wait", 1.0), phase("guessed", "wait", guess), runs="guest"),
        cpu_efficiency=efficiency,
    )
    inside = guest(phase("kernel", "cpu", 1.0, "init", parallelism=2.0, provenance={"parallelism": cores}))
    steps = boot_plan(vm, inside, application(), host(cpu_speed=speed), StartOptions()).steps
    assert [step.estimate for step in steps] == [False, True, False]
    assert steps[1].source == "estimate: a guess"
    assert steps[2].inputs == (amount(1.0), cores, speed, efficiency)


def test_more_cores_make_a_run_shorter_so_they_are_taken_at_the_other_end(technology, application, host, phase, amount):
    cores, spread = amount(2.0, "1", 1.0, 4.0), amount(0.1, "1", 0.05, 0.2)
    boot = phase("boot", "cpu", 1.0, provenance={"parallelism": cores, "spread": spread})
    found = [
        (step.parallelism, step.spread)
        for bound in ("low", "value", "high")
        for step in boot_plan(technology(boot), None, application(), host(), StartOptions(), bound=bound).steps
    ]
    assert found == [(4.0, 0.05), (2.0, 0.1), (1.0, 0.2)]


def test_a_kept_lock_under_which_nothing_is_left_is_not_taken(ids, phase):
    outer = phase("outer", "hold", 0.0, resource="network_lock", until="write")
    inner = phase("inner", "hold", 0.0, resource="image_lock", until="write")
    write = phase("write", "wait", 0.5, kernel_before="5.0")
    assert ids(outer, inner, write, phase("join", "wait", 1.0)) == ["join", "app"]
    assert ids(outer, inner, write, kernel="4.15") == ["outer", "inner", "write", "app"]
    assert ids(outer, phase("pair", "wait", 1.0), inner, write) == ["outer", "pair", "app"]
