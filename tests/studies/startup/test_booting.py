"""Other ways to boot, on the catalog: hand arithmetic over its phases, published figures, and what is refused."""

from __future__ import annotations

import statistics
from typing import Any

import pytest

from sim.catalog import load
from sim.catalog.tables.booting import boot_choices, boot_phases
from sim.catalog.tables.portability import portable_hosts
from sim.engine.seeds import SeedTree
from sim.errors import InputError
from sim.outcome import Bound
from sim.records.instances import PhaseRecord
from sim.studies.base import Context, StudyRun
from sim.studies.startup import Startup, run


def started(technology: str = "qemu-kvm", bound: Bound = "value", **parameters: Any) -> StudyRun:
    chosen = {"application": "hello", "host": "server", **parameters}
    return run(Startup(technology=technology, **chosen), Context("it", SeedTree(1), bound=bound))


def seconds(technology: str = "qemu-kvm", **parameters: Any) -> float:
    return float(started(technology, **parameters).samples["startup_time"][0])


def phases(found: StudyRun, instance: int = 0) -> dict[str, PhaseRecord]:
    return {one.phase: one for one in found.records if isinstance(one, PhaseRecord) and one.instance == instance}


def took(found: StudyRun, phase: str) -> float:
    return phases(found)[phase].end - phases(found)[phase].start


def value(phase: str) -> float:
    return boot_phases()[phase].amount.value


def test_every_choice_is_a_parameters_and_its_default_changes_nothing() -> None:
    """A machine with its own firmware named is the same machine, and so are a container and one with "own" all over."""
    assert seconds(firmware="seabios", boot_from="disk") == seconds()
    assert seconds("docker", firmware="own", boot_from="own", address="own") == seconds("docker")
    assert seconds("firecracker", keyboard="own", console="own") == seconds("firecracker")
    for choice in boot_choices("firmware").values():
        assert set(choice.technologies) <= set(load.technologies())


def test_a_kernel_that_is_handed_over_needs_no_boot_loader() -> None:
    usual, handed = started(), started(boot_from="kernel")
    gone = phases(usual).keys() - phases(handed).keys()
    assert gone == {"boot-sector", "boot-loader"}
    assert seconds() - seconds(boot_from="kernel") == pytest.approx(sum(took(usual, name) for name in gone))


def test_firmwares_in_the_order_of_what_they_do() -> None:
    """qboot starts a kernel and nothing else, SeaBIOS finds a disk, OVMF brings drivers and a boot manager."""
    qboot, seabios = seconds(firmware="qboot"), seconds(firmware="seabios", boot_from="kernel")
    uefi = seconds(firmware="uefi", boot_from="kernel")
    assert qboot < seabios < uefi
    # C074 and C066: SeaBIOS's part of a boot that is handed its kernel takes 31.8 ms.
    assert seabios - qboot == pytest.approx(0.0318)


def test_uefi_is_behind_seabios_as_a_user_measured() -> None:
    """D0701: some 0.8 s, on a machine that is not named. Both boot the guest's disk."""
    behind = seconds(firmware="uefi", host="unstated") - seconds(host="unstated")
    assert behind == pytest.approx(0.8, rel=0.1)


def test_firmware_that_is_not_in_the_page_cache_is_read() -> None:
    found = phases(started(firmware="uefi", page_cache="cold", disk="sata-ssd"))
    assert found["uefi-files"].demand == "read"
    assert found["uefi-files"].end > found["uefi-files"].start
    assert "uefi-files" not in phases(started(firmware="uefi"))


def test_cloud_hypervisor_may_have_uefi() -> None:
    usual, uefi = started("cloud-hypervisor"), started("cloud-hypervisor", firmware="uefi")
    assert phases(uefi).keys() - phases(usual).keys() == {"uefi"}
    # F0583: from 19 to 403 ms in its firmware, in an example; within the estimate's range.
    low, high = (took(started("cloud-hypervisor", bound, firmware="uefi"), "uefi") for bound in ("low", "high"))
    assert low < 0.403 - 0.019 < high


def test_a_menu_is_waited_for() -> None:
    assert seconds(boot_menu=5.0) - seconds() == pytest.approx(5.0)
    assert seconds("virtualbox", boot_menu=5.0) - seconds("virtualbox") == pytest.approx(5.0)


def waits(found: StudyRun, *names: str) -> list[float]:
    """What each instance spent in some phases."""
    told = [one for one in found.records if isinstance(one, PhaseRecord) and one.phase in names]
    return [
        sum(one.end - one.start for one in told if one.instance == index) for index in range(len(told) // len(names))
    ]


def test_a_static_address_waits_for_its_duplicates_alone() -> None:
    """RFC 4861 and 4862: up to 1 s at random, and 1 s after the probe: from 1 to 2 s, 1.5 s in the mean."""
    found = started(network="bridge", address="static", instances=40)
    assert statistics.mean(waits(found, "duplicate-address")) == pytest.approx(1.5, abs=0.15)
    assert "network-online" not in phases(found)


def test_dhcp_takes_as_long_as_in_a_boot_that_was_published() -> None:
    """D0709: systemd-networkd-wait-online of Ubuntu 23.10 took 1.505 s with DHCP."""
    found = started(network="bridge", address="dhcp", instances=40)
    online = waits(found, "link-up", "dhcp-lease", "duplicate-address")
    assert statistics.median(online) == pytest.approx(1.505, rel=0.1)


def test_guests_queue_for_one_dhcp_server_and_its_disk() -> None:
    """One thread, 0.5 ms and a flush for each lease: the last of ten guests waits for the others' flushes."""
    asked: dict[str, Any] = {
        "network": "bridge",
        "address": "dhcp",
        "cloud_init": "baked",
        "instances": 10,
        "cores": 64,
    }
    slow, fast = (started(disk=disk, **asked) for disk in ("hard-disk", "nvme"))
    last = max(
        one.end - one.start for one in slow.records if isinstance(one, PhaseRecord) and one.phase == "dhcp-lease"
    )
    alone = 0.0005 + load.host("server").disk_flush.value
    assert last > 5 * alone
    assert max(slow.samples["lock_wait"]) > max(fast.samples["lock_wait"])


def test_nine_guests_of_libvirts_network_lose_what_a_developer_lost() -> None:
    """D0708: DHCP cost some 15 s with nine guests. dnsmasq pings six addresses for 3 s each, one after another."""
    asked: dict[str, Any] = {"network": "bridge", "cloud_init": "baked", "instances": 9}
    checked = started(address="dhcp-checked", **asked)
    static = started(address="static", **asked)
    lost = checked.samples["makespan"][0] - static.samples["makespan"][0]
    assert lost == pytest.approx(15.0, rel=0.15)
    # By hand: 6 x 3 s, and an answer to each of the nine that asked before the last confirmation came.
    first = phases(checked)["dhcp-offer"]
    assert first.end - first.start >= 3.0
    acks = [one.end for one in checked.records if isinstance(one, PhaseRecord) and one.phase == "dhcp-ack"]
    assert max(acks) - first.start == pytest.approx(18.0, abs=0.5)


def test_cloud_inits_stages_are_what_was_measured_of_it() -> None:
    """R0245 less R0215: 1,658 ms of CPU, which the stages share. udev comes on top."""
    stages = ("detect", "local", "network", "config", "final")
    measured = next(phase for phase in load.guest("debian-cloud").phases if phase.id == "device-services")
    assert sum(value(f"cloud-init-{stage}") for stage in stages) == pytest.approx(measured.amount.value)
    found = phases(started(network="bridge", cloud_init="local"))
    order = ["cloud-init-detect", "cloud-init-local", "network-online", "cloud-init-network", "cloud-init-final"]
    assert [name for name in found if name in order] == order


def test_a_baked_image_saves_what_cloud_init_does() -> None:
    asked: dict[str, Any] = {"network": "bridge"}
    baked, local, metadata = (seconds(cloud_init=name, **asked) for name in ("baked", "local", "metadata"))
    assert baked < local < metadata
    assert metadata - local == pytest.approx(value("metadata-crawl") + 0.0005, abs=0.01)


@pytest.mark.parametrize("technology", ["firecracker", "firecracker-1", "firecracker-pool"])
def test_a_probed_keyboard_is_waited_for_before_the_guests_init(technology: str) -> None:
    """D1480 to D1482: 513 and 494 ms at the keyboard, 282 ms at the mouse, without CPU. The rest is as before."""
    keyboard, mouse = (0.544946 - 0.032015 + 0.936675 - 0.442595) / 2, 0.424261 - 0.142205
    usual, probed, noaux = (started(technology, keyboard=name) for name in ("own", "probed", "noaux"))
    for found, longer in ((probed, keyboard + mouse), (noaux, keyboard)):
        for metric in ("init_time", "startup_time", "kernel_time"):
            assert found.samples[metric][0] - usual.samples[metric][0] == pytest.approx(longer, abs=1e-3)
        assert found.samples["runtime_time"] == usual.samples["runtime_time"]
    lengths = {name: one.end - one.start for name, one in phases(probed).items()}
    waits = {name: lengths.pop(name) for name in ("aux-probe", "keyboard-probe")}
    assert lengths == pytest.approx({name: took(usual, name) for name in phases(usual)})
    assert sum(waits.values()) == pytest.approx(keyboard + mouse, abs=1e-3)
    order = ["kernel", "aux-probe", "keyboard-probe", "start"]
    assert [name for name in phases(probed) if name in order] == order[: 3 + ("start" in phases(usual))]


def test_a_probed_keyboard_takes_at_least_what_linux_waits() -> None:
    """D1483 and D1484: 500 and 250 ms, and a timer of over 256 ms may run out 32 ms late (D1485)."""
    asked: dict[str, Any] = {"keyboard": "probed"}
    high = phases(started("firecracker", "high", **asked))
    low = phases(started("firecracker", "low", **asked))
    assert high["keyboard-probe"].end - high["keyboard-probe"].start == pytest.approx(0.500 + 0.032)
    assert low["aux-probe"].end - low["aux-probe"].start == pytest.approx(0.250)


def test_guests_in_flight_wait_for_their_keyboards_side_by_side() -> None:
    """A wait takes no core: twenty guests on four cores lose it once, not five times."""
    asked: dict[str, Any] = {"technology": "firecracker", "instances": 20, "cores": 4}
    longer = started(keyboard="noaux", **asked).samples["makespan"][0] - started(**asked).samples["makespan"][0]
    assert 0 < longer < 1.1 * value("keyboard-probe")


@pytest.mark.parametrize("technology", ["firecracker", "firecracker-pool", "cloud-hypervisor"])
def test_a_log_on_a_serial_console_takes_what_its_publication_says(technology: str) -> None:
    """F0208: up to 70 ms on an m5d.metal, in a guest that runs at 0.95 to 1 of native speed. The rest is as before."""
    usual, log = (started(technology, host="m5d-metal", guest="minimal", console=name) for name in ("own", "serial"))
    for metric in ("init_time", "startup_time"):
        assert 0.070 <= log.samples[metric][0] - usual.samples[metric][0] < 0.070 / 0.95
    assert log.samples["runtime_time"] == usual.samples["runtime_time"]
    lengths = {name: one.end - one.start for name, one in phases(log).items()}
    assert 0.070 <= lengths.pop("console-log") < 0.070 / 0.95
    assert lengths == pytest.approx({name: took(usual, name) for name in phases(usual)})


def test_what_a_byte_on_a_serial_console_takes_is_as_wide_as_the_two_hosts_that_were_timed() -> None:
    """D1500 to D1503: 10.5 kB, at 1.9 us on an i7-7700 without mitigations, at 14.6 us on a core that flushes its
    predictors. They are 0.703 x 4.2 / 3.9 and 4.29 / 4.0 times as fast as the reference host, the m5d.metal 0.63."""
    bare = (252.8 - 222.4) / (19.095 - 2.752) * 0.703 * 4.2 / 3.9
    flushed = (335.245 - 226.324) / 7.453 * 4.29 / 4.0
    number = boot_phases()["console-log"].amount
    fast, slow = number.at("low"), number.at("high")
    assert fast == pytest.approx(bare * 10.5 / 1000, rel=0.03)
    assert slow == pytest.approx(flushed * 10.5 / 1000, rel=0.03)


def test_guests_write_their_logs_one_after_another_where_cores_are_short() -> None:
    """It is CPU, other than the wait for a keyboard: ten guests on one core lose it ten times."""
    asked: dict[str, Any] = {"technology": "firecracker", "instances": 10, "cores": 1, "guest": "minimal"}
    longer = started(console="serial", **asked).samples["makespan"][0] - started(**asked).samples["makespan"][0]
    alone = took(started("firecracker", guest="minimal", console="serial"), "console-log")
    assert longer == pytest.approx(10 * alone, rel=0.1)


def test_a_quiet_console_is_only_looked_for() -> None:
    """R1505 and R1500: 139 to 868 accesses of the port where a whole log of 23 kB has 47,315."""
    log, quiet = (started("firecracker", guest="minimal", console=name) for name in ("serial", "quiet"))
    assert 0 < took(quiet, "console-probe") < took(log, "console-log") * 868 / 10500
    assert "console-log" not in phases(quiet)


def test_programs_of_another_processor_run_at_the_speed_that_portability_says() -> None:
    """20 % of the native speed: five times the CPU of the application, and none more of the engine's."""
    speed = portable_hosts()["linux-amd64"].emulates["arm64"].speed.value
    native, translated = (started("runc", application="web", emulation=name) for name in ("off", "arm64-on-amd64"))
    main = [one.phase for one in phases(native).values() if one.owner == "application" and one.demand == "cpu"]
    assert main
    for name in main:
        assert took(translated, name) == pytest.approx(took(native, name) / speed, rel=1e-6)
    for name in (one.phase for one in phases(native).values() if one.owner == "engine"):
        assert took(translated, name) == pytest.approx(took(native, name))
    start = boot_phases()["emulator"].amount.value / load.host("server").cpu_speed.value
    assert took(translated, "emulator") == pytest.approx(start)


def test_the_reverse_is_translated_by_the_same_number() -> None:
    assert seconds("docker", emulation="amd64-on-arm64") == seconds("docker", emulation="arm64-on-amd64")


def test_a_translated_machine_is_slowed_with_its_kernel() -> None:
    """10 % of the native speed instead of KVM's 97.7 %, the monitor's own start as before."""
    machine = portable_hosts()["linux-arm64"].emulates["amd64"].machine
    assert machine is not None
    native, translated = started(), started(emulation="amd64-on-arm64")
    kvm = load.technology("qemu-kvm").cpu_efficiency.value
    assert took(translated, "kernel") == pytest.approx(took(native, "kernel") * kvm / machine.value)
    assert took(translated, "firmware") == pytest.approx(took(native, "firmware") / machine.value)
    assert took(translated, "qemu") == pytest.approx(took(native, "qemu"))


def test_a_translated_machine_does_not_nest() -> None:
    """It needs no hardware that a host's own hypervisor would have to pass on: a nested host's speed is what counts."""
    work = [
        took(started(host=name, emulation="amd64-on-arm64"), "kernel") * load.host(name).cpu_speed.value
        for name in ("nested-cloud", "server")
    ]
    assert load.host("nested-cloud").nested
    assert work[0] == pytest.approx(work[1])


def test_an_arm64_machine_has_uefi_unless_its_kernel_is_handed_over() -> None:
    assert "uefi" in phases(started(emulation="arm64-on-amd64"))
    handed = phases(started(emulation="arm64-on-amd64", boot_from="kernel"))
    assert not handed.keys() & {"uefi", "seabios", "boot-loader"}
    without_loader = phases(started(emulation="arm64-on-amd64", guest="minimal"))
    assert not without_loader.keys() & {"uefi", "seabios", "boot-loader"}
    assert "seabios" in phases(started(emulation="amd64-on-arm64"))


@pytest.mark.parametrize(
    ("parameters", "path", "part"),
    [
        ({"technology": "docker", "firmware": "uefi"}, "firmware", "'uefi' is not used: docker does not start with it"),
        ({"technology": "firecracker", "firmware": "seabios"}, "firmware", "goes with qemu-kvm or cloud-hypervisor"),
        ({"technology": "cloud-hypervisor", "firmware": "qboot"}, "firmware", "it may have uefi"),
        ({"firmware": "qboot", "boot_from": "disk"}, "boot_from", "qboot starts no boot loader"),
        ({"technology": "lxc", "boot_from": "kernel"}, "boot_from", "lxc has no firmware to choose"),
        ({"guest": "minimal", "boot_from": "disk"}, "boot_from", "guest 'minimal' has no boot loader"),
        ({"boot_from": "kernel", "boot_menu": 5.0}, "boot_menu", "qemu-kvm is handed a kernel"),
        ({"technology": "podman", "boot_menu": 5.0}, "boot_menu", "5 s is not used"),
        ({"guest": "alpine", "boot_menu": 5.0}, "boot_menu", "guest 'alpine' has none"),
        ({"technology": "docker", "network": "bridge", "address": "dhcp"}, "address", "nothing in docker waits"),
        ({"guest": "alpine", "network": "bridge", "address": "static"}, "address", "nothing in guest 'alpine' waits"),
        ({"address": "dhcp"}, "address", "'dhcp' needs a network"),
        ({"technology": "lxc", "cloud_init": "baked"}, "cloud_init", "nothing in lxc has cloud-init"),
        ({"cloud_init": "metadata"}, "cloud_init", "'metadata' needs a network"),
        ({"keyboard": "probed"}, "keyboard", "goes with firecracker or firecracker-1 or firecracker-pool"),
        ({"technology": "firecracker-snapshot", "keyboard": "noaux"}, "keyboard", "'noaux' is not used: a keyboard"),
        ({"technology": "docker", "keyboard": "probed"}, "keyboard", "'probed' is not used"),
        ({"console": "serial"}, "console", "is known of firecracker or firecracker-pool or cloud-hypervisor"),
        ({"technology": "firecracker", "guest": "debian-cloud", "console": "quiet"}, "console", "is known of minimal"),
        ({"technology": "docker", "console": "serial"}, "console", "'serial' is not used"),
        ({"technology": "firecracker", "emulation": "arm64-on-amd64"}, "emulation", "needs the host's processor"),
        ({"technology": "gvisor", "emulation": "amd64-on-arm64"}, "emulation", "gvisor needs the host's processor"),
        ({"firmware": "seabios", "emulation": "arm64-on-amd64"}, "firmware", "seabios is not made for arm64; uefi is"),
    ],
)
def test_what_does_not_go_together_is_refused(parameters: dict[str, Any], path: str, part: str) -> None:
    with pytest.raises(InputError) as caught:
        Startup(**{"technology": "qemu-kvm", "application": "hello", "host": "server", **parameters})
    assert [problem.path for problem in caught.value.problems] == [path]
    assert part in caught.value.problems[0].message
