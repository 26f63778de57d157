"""How long does it take to start instances? Requests come together, at a rate, or so many in flight."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from itertools import chain

from sim.catalog import load
from sim.catalog.disks import disk
from sim.catalog.hosts import with_disk
from sim.catalog.images import OfficialImage
from sim.catalog.kernel import KERNEL_WAITS
from sim.catalog.locks import locks
from sim.catalog.model import Host
from sim.catalog.number import Number
from sim.engine.environment import Environment
from sim.errors import InputError, Problem
from sim.machine.host import RunningHost
from sim.outcome import Bound
from sim.platforms.emulation import emulated, without_nesting
from sim.platforms.plan import BootPlan, StartOptions, boot_plan
from sim.platforms.start import ImageSource, Start, Starter
from sim.platforms.startrecords import instance_records, phase_records
from sim.platforms.vcpus import with_vcpus
from sim.quantity import render
from sim.reasons import Reason
from sim.studies.base import Context, Study, StudyRun
from sim.studies.parameters.guest import chosen_guest
from sim.studies.startup.asking import Asker
from sim.studies.startup.metrics import METRICS, estimates, samples
from sim.studies.startup.parameters import Startup

__all__ = ["STUDY", "TOLD", "Startup", "run"]

TOLD = 2_000
"""Instances whose records are kept, more than any figure shows. Of a larger run only the first are."""


def _most_at_once(starter: Starter) -> int:
    """How many instances were there at the same time, from their requests to their removals."""
    log, last = starter.log, len(starter.plan.steps)
    gone = sorted(log.reached(index, last) for index in range(len(log)))
    return max(
        count - bisect_right(gone, at) for count, at in enumerate(sorted(map(log.requested.of, range(len(log)))), 1)
    )


def _on_kernel(host: Host, kernel: str) -> Host:
    """The host with another kernel: what it says itself of its own kernel's locks and waits is not known of that."""
    return replace(
        host,
        kernel=kernel,
        locks={name: held for name, held in host.locks.items() if locks()[name.partition(".")[0]].daemon},
        waits={name: wait for name, wait in host.waits.items() if name not in KERNEL_WAITS},
    )


def _pulled(plan: BootPlan, image: OfficialImage, host: RunningHost, bound: Bound) -> tuple[BootPlan, ImageSource]:
    """The plan with a pull before it, and where the image comes from. What pulls is imported where something does."""
    from sim.platforms.pull import ImageStore, layers_of, with_pull

    layers = layers_of(image, bound)
    return with_pull(plan, host.host, layers, bound=bound), ImageStore(host, layers, bound=bound)


def run(params: Startup, context: Context) -> StudyRun:
    """Start the instances once, and measure each of them.

    Raises `InputError` where instances came faster than they left, until the host's memory was full.
    """
    technology, application = params.made_by(), load.application(params.application)
    host_type = load.host(params.host)
    if params.kernel is not None and params.kernel != host_type.kernel:
        host_type = _on_kernel(host_type, params.kernel)
    if params.cores is not None:
        host_type = replace(host_type, cores=params.cores)
    if params.disk != "own":
        host_type = with_disk(host_type, disk(params.disk))
    pull = params.image == "pull"
    image = load.images()[application.image] if application.image else None
    options = StartOptions(
        network=params.network != "none",
        cold=params.page_cache == "cold",
        pull=pull,
        clean_up=params.clean_up != "no",
        force=params.clean_up == "force",
        layers=len(image.layers) if image else 0,
        working_set=None if params.working_set is None else Number(params.working_set, "B", sources=("definition",)),
    )
    guest = chosen_guest(technology, params.guest)
    booting = params.booting().on(technology, guest, params.emulation)
    technology, guest = booting.machine(technology), booting.guest(guest) if guest else None
    host_type = without_nesting(host_type, technology, params.emulation)
    technology, guest, application = emulated(technology, guest, application, params.emulation)
    plan = boot_plan(technology, guest, application, host_type, options, bound=context.bound)
    env = Environment()
    host = RunningHost(env, host_type, context.bound, warm=not options.cold, seeds=context.seeds)
    host.held.add(plan.mounts, plan.ports, params.existing)
    if params.vcpus is not None:
        plan = with_vcpus(plan, technology, host_type, params.vcpus, context.bound)
    images: ImageSource | None = None
    if pull and image is not None:
        plan, images = _pulled(plan, image, host, context.bound)
    count = params.instances
    step = max(1, count // 100)
    done = 0

    def ready(_: Start) -> None:
        nonlocal done
        done += 1
        if done % step == 0:
            context.tick(done / count)
        asker.through()

    staying: list[Start] = []

    def stays(start: Start) -> None:
        staying.append(start)
        if len(staying) == count:
            for instance in staying:
                instance.leave()

    starter = Starter(
        host,
        plan,
        context.seeds,
        ready,
        images,
        stays=stays if params.clean_up == "together" else None,
        limit=params.cpu_limit,
    )
    asker = Asker(params.asking(), host, starter.request, context)
    asker.begin()
    env.run()
    if params.rate is not None and params.leaves:
        refused = params.room().refusal(_most_at_once(starter))
        if refused:
            why = Reason("at_rate", "at {rate} {what}", rate=render(params.rate, "1/s"), what=refused)
            raise InputError(Problem(why, path="rate"))
    # Each start's log is read once: those that records are made of are kept.
    told = [list(starter.log.steps(index)) for index in range(min(count, TOLD) if context.records else 0)]
    others = (list(starter.log.steps(index)) for index in range(len(told), count))
    return StudyRun(
        samples=samples(starter, chain(told, others)),
        records=(
            *instance_records(starter.log, context.label, told),
            *(
                record
                for index, steps in enumerate(told)
                for record in phase_records(starter.plan, context.label, index, steps)
            ),
        ),
        estimates=estimates(plan),
        ranged=any(number.ranged for step in plan.steps for number in step.inputs),
    )


STUDY = Study(
    name="startup",
    parameters=Startup,
    metrics=METRICS,
    run=run,
)
