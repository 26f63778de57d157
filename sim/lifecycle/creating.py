"""What an engine refuses to create, by category, and what it makes of the rest."""

from __future__ import annotations

from sim.errors import InputError
from sim.lifecycle.container import ContainerOptions
from sim.lifecycle.policy import parse_policy
from sim.lifecycle.process import ProcessSpec
from sim.lifecycle.signals import parse_signal
from sim.lifecycle.starting import NEVER_MADE

SMALLEST_MEMORY_MB = 6
"""MB that a memory limit has at least (moby, `linuxMinMemory`)."""


def refused_creation(options: ContainerOptions, spec: ProcessSpec) -> str | None:
    """Why a container is not created, by category; None where it is. The command ends with 125."""
    if (options.auto_remove and options.restart not in ("", "no")) or (options.no_health and options.health):
        return "conflicting options"
    first = spec.at_start(0).start_error
    if first in NEVER_MADE:
        return first
    for mount in options.mounts:
        refusal = mount.refusal()
        if refusal is not None:
            return refusal
    return refused_memory(options.memory_mb, options.memory_and_swap_mb) or _refused_words(options)


def refused_memory(memory_mb: float | None, both_mb: float | None) -> str | None:
    """What is wrong with a limit of memory and one of memory and swap, by category."""
    if memory_mb and memory_mb < SMALLEST_MEMORY_MB:
        return "memory limit too small"
    if memory_mb and both_mb and 0 < both_mb < memory_mb:
        return "memory above swap limit"
    return None


def _refused_words(options: ContainerOptions) -> str | None:
    try:
        parse_policy(options.restart)
    except InputError:
        return "bad restart policy"
    try:
        parse_signal(options.stop_signal or "TERM")
    except InputError:
        return "bad signal"
    return None


def swap_limit(memory_mb: float | None, both_mb: float | None) -> float:
    """MB of memory and swap that the engine keeps: twice the memory where nothing is said, 0 for no limit."""
    return both_mb or 2 * (memory_mb or 0)
