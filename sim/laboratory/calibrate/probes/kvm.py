"""Whether KVM runs anything here: a virtual machine of one page whose only instruction is HLT."""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
import platform
import signal
import struct
from collections.abc import Callable

from sim.laboratory.calibrate.workbench import CannotRun, Workbench, in_child, seconds

_GET_API_VERSION, _CREATE_VM, _GET_VCPU_MMAP_SIZE, _CREATE_VCPU, _RUN = 0xAE00, 0xAE01, 0xAE04, 0xAE41, 0xAE80
_SET_TSS_ADDR, _SET_USER_MEMORY_REGION = 0xAE47, 0x4020AE46
_GET_SREGS, _SET_SREGS, _SET_REGS = 0x8138AE83, 0x4138AE84, 0x4090AE82
_SREGS_SIZE, _REGS_SIZE, _RIP, _RFLAGS = 0x138, 0x90, 128, 136
_EXIT_REASON = 8
_EXIT_HLT = 5
_REASON = 1000
"""Added to an exit reason to tell it from an errno."""
_HLT = b"\xf4"
_CODE_AT = 0x1000
_LIMIT = 1
"""Seconds for one instruction."""


def _boot() -> None:
    device = os.open("/dev/kvm", os.O_RDWR | os.O_CLOEXEC)
    machine = fcntl.ioctl(device, _CREATE_VM, 0)
    fcntl.ioctl(machine, _SET_TSS_ADDR, 0xFFFBD000)
    memory = mmap.mmap(-1, mmap.PAGESIZE, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)
    memory[:1] = _HLT
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    fcntl.ioctl(machine, _SET_USER_MEMORY_REGION, struct.pack("=IIQQQ", 0, 0, _CODE_AT, mmap.PAGESIZE, address))
    cpu = fcntl.ioctl(machine, _CREATE_VCPU, 0)
    state = mmap.mmap(cpu, fcntl.ioctl(device, _GET_VCPU_MMAP_SIZE, 0))
    special = bytearray(_SREGS_SIZE)
    fcntl.ioctl(cpu, _GET_SREGS, special)
    struct.pack_into("=QIH", special, 0, 0, 0xFFFF, 0)  # the code segment starts at 0
    fcntl.ioctl(cpu, _SET_SREGS, bytes(special))
    registers = bytearray(_REGS_SIZE)
    struct.pack_into("=Q", registers, _RIP, _CODE_AT)
    struct.pack_into("=Q", registers, _RFLAGS, 2)
    fcntl.ioctl(cpu, _SET_REGS, bytes(registers))
    fcntl.ioctl(cpu, _RUN, 0)
    (reason,) = struct.unpack_from("=I", state, _EXIT_REASON)
    if reason != _EXIT_HLT:
        raise OSError(_REASON + reason, "KVM_RUN came back for another reason")


def _limited(work: Callable[[], object]) -> float:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(_LIMIT)
    return seconds(work)


def kvm(workbench: Workbench) -> None:
    """Open /dev/kvm, make a virtual machine with one processor and run it to its HLT."""
    if platform.machine() != "x86_64":
        raise CannotRun(f"the guest of one instruction is written for x86_64, not {platform.machine()}")
    try:
        device = os.open("/dev/kvm", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        raise CannotRun("there is no /dev/kvm: no hardware virtualization, or its module is not loaded") from None
    except OSError as error:
        raise CannotRun(f"/dev/kvm cannot be opened: {error.strerror}") from None
    try:
        version = fcntl.ioctl(device, _GET_API_VERSION, 0)
        if version != 12:
            raise CannotRun(f"KVM speaks version {version} of its interface, not 12")
    finally:
        os.close(device)
    samples = [_sample() for _ in workbench.rounds(20)]
    workbench.add("kvm.boot", "KVM: a virtual machine is made, runs one instruction and halts", samples)


def _sample() -> float:
    try:
        return in_child(lambda: _limited(_boot))
    except ChildProcessError:
        raise CannotRun(
            f"KVM opens and makes a virtual machine, but its first instruction did not end within {_LIMIT} s"
        ) from None
    except OSError as error:
        number = error.errno or 0
        why = f"KVM_RUN came back with exit reason {number - _REASON}" if number >= _REASON else error.strerror
        raise CannotRun(f"KVM opens, but cannot boot: {why}") from None
