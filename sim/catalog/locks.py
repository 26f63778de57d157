"""The locks of kernels and daemons: who is served one at a time, what is done while a lock is held, and for how long.

One TOML file a lock. A phase of a boot plan names an operation ("rtnl.veth-move"). How long that holds the lock depends
on the host's kernel, or on the engine's version where the lock is a daemon's. A host that was measured may say it
itself.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import get_args

from sim.catalog.kernel import (
    VERSION,
    Checks,
    Grace,
    Growth,
    Hold,
    Lock,
    Operation,
    Per,
    SharedGrace,
    generation,
)
from sim.catalog.number import Number
from sim.catalog.read import Table, positive, read_whole
from sim.outcome import Bound

FOLDER = Path(__file__).parent / "locks"

_GROWTHS: tuple[Per, ...] = ("instance", "mount", "queued", "port")


def growths(table: Table, dimension: str, allowed: tuple[Per, ...]) -> tuple[Growth, ...]:
    """What a demand's `growth` says: more for each of what the host holds."""
    growing = []
    for inner in table.tables("growth"):
        per = inner.string("per", allowed=allowed)
        amount = inner.number("amount", dimension)
        beyond = inner.number("beyond", "1") if inner.has("beyond") else None
        inner.done()
        growing += [Growth(counted, amount, beyond) for counted in allowed if counted == per]
    return tuple(growing)


def _hold(table: Table) -> Hold:
    held, growth = table.number("hold", "s"), growths(table, "s", _GROWTHS)
    return Hold(held, growth, table.number("flushes", "1") if table.has("flushes") else None)


def _operation(table: Table, daemon: bool) -> Operation:
    older = []
    for inner in table.tables("older"):
        before = inner.string("before")
        if before and not VERSION.fullmatch(before):
            what = "an engine's version as 20.10" if daemon else "a kernel's version as 5.15"
            inner.problem(f"{before!r} is not {what}", "before")
            before = ""
        older.append((before or "0", _hold(inner)))
        inner.done()
    operation = Operation(
        table.string("id"), table.text("text"), _hold(table), tuple(older), table.flag("adds_port"), daemon
    )
    if [before for before, _ in older] != sorted({before for before, _ in older}, key=generation):
        table.problem("are not in the order of their versions, the oldest first, each once", "older")
    table.done()
    return operation


def _grace(table: Table) -> Grace | None:
    inner = table.table("grace", needed=False)
    if inner is None:
        return None
    grace = Grace(inner.number("quick", "s"), inner.number("recent", "s"), inner.number("stale", "s"))
    positive(inner, stale=grace.stale)
    for bound in get_args(Bound):
        if grace.recent.at(bound) >= grace.stale.at(bound):
            inner.problem(f"recent ({grace.recent.at(bound)} s) is not less than stale ({grace.stale.at(bound)} s)")
            break
    inner.done()
    return grace


def _checks(table: Table) -> Checks | None:
    inner = table.table("checks", needed=False)
    if inner is None:
        return None
    checks = Checks(inner.number("wait", "s"), inner.number("most", "1"), inner.number("window", "s"))
    positive(inner, wait=checks.wait)
    inner.done()
    return checks


def _lingering(table: Table) -> Number | None:
    inner = table.table("lingering", needed=False)
    if inner is None:
        return None
    seconds = inner.number("seconds", "s")
    inner.done()
    return seconds


def _shared(table: Table) -> SharedGrace | None:
    inner = table.table("shared", needed=False)
    if inner is None:
        return None
    before = inner.string("readers_before")
    if before and not VERSION.fullmatch(before):
        inner.problem(f"{before!r} is not a kernel's version as 5.15", "readers_before")
        before = ""
    shared = SharedGrace(
        inner.number("first", "s", definition=True),
        inner.number("period", "s"),
        inner.number("lag", "s", definition=True),
        before or "0",
    )
    positive(inner, first=shared.first, period=shared.period, lag=shared.lag)
    inner.done()
    return shared


def read(path: Path) -> Lock:
    """The lock of one file. Raises `CatalogError` with the dotted path of every rule it breaks."""
    return read_whole(path, "locks", lambda table: _lock(table, path.stem))


def _lock(table: Table, name: str) -> Lock:
    daemon = table.flag("daemon")
    operations = [_operation(inner, daemon) for inner in table.tables("operations")]
    lock = Lock(
        table.string("id"),
        table.text("name"),
        MappingProxyType({operation.id: operation for operation in operations}),
        _grace(table),
        daemon,
        _checks(table),
        _shared(table),
        _lingering(table),
        table.number("write", "1") if table.has("write") else None,
    )
    if lock.write is not None:
        positive(table, write=lock.write)
    holds = [hold for operation in operations for hold in (operation.held, *(hold for _, hold in operation.older))]
    if lock.grace is not None and any(growth.per == "queued" for hold in holds for growth in hold.growth):
        table.problem("a lock with a grace period grows by nothing that is queued", "operations")
    at_work = [hold for hold in holds if not hold.empty]
    if len({hold.flushes is None for hold in at_work}) > 1:
        table.problem("flush the disk in some holds and not in others; all of a lock do, or none does", "operations")
    kept = [operation.kept for operation in operations]
    if any(kept) and not all(kept):
        table.problem("take time in some and none in others; all of a lock do, or none does", "operations")
    of_holds = (lock.grace, lock.checks, lock.shared, lock.lingering, lock.write)
    if any(kept) and any(part is not None for part in of_holds):
        table.problem("take no time; such a lock has no grace, checks, shared, lingering or write", "operations")
    if lock.id != name:
        table.problem(f"{lock.id!r} is not the file's name {name!r}", "id")
    if not operations:
        table.problem("are missing; a lock names what is done under it", "operations")
    if len(lock.operations) < len(operations):
        table.problem("have an id twice", "operations")
    return lock


@cache
def locks() -> Mapping[str, Lock]:
    """Every lock by its id."""
    return MappingProxyType({path.stem: read(path) for path in sorted(FOLDER.glob("*.toml"))})


@cache
def operations() -> Mapping[str, Operation]:
    """Every operation by its lock's id and its own, "rtnl.veth-move"."""
    return MappingProxyType(
        {f"{lock.id}.{name}": operation for lock in locks().values() for name, operation in lock.operations.items()}
    )


def unknown(name: str) -> str:
    """What to say of an operation that there is not."""
    lock = name.partition(".")[0]
    if lock not in locks():
        close = difflib.get_close_matches(lock, locks(), 1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(locks())}"
        return f"{name!r} names no lock: there is no {lock!r}; {hint}"
    near = difflib.get_close_matches(name, operations(), 1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(operations())}"
    return f"no lock has the operation {name!r}; {hint}"
