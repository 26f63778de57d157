"""The command line: results to standard output, diagnostics to standard error, and an exit code.

0 all held, 1 an expectation, a comparison or a replay failed, 2 bad input, 3 an internal error, 130 interrupted (what
runs scenarios ends with 128 and the number of the signal).
Commands import what they need when they run, so that `--help` is quick.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from sim import __version__, limits
from sim.cli import accuracy, build, export, images, lessons, run, scenarios, sweep
from sim.cli.interrupts import SignalError
from sim.cli.output import BAD_INPUT, HELD, INTERNAL, INTERRUPTED, report, say, tell_bug
from sim.console import discard
from sim.errors import CancelledError, CatalogError, InputError, cut


class Commands(click.Group):
    """The commands. What measures this host is imported once it is asked for, since no other command needs it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names."""
        return sorted([*super().list_commands(ctx), "calibrate"])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name."""
        if cmd_name != "calibrate":
            return super().get_command(ctx, cmd_name)
        from sim.laboratory.calibrate.command import command

        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="sim")
def cli() -> None:
    """A simulator and teaching model of virtual machines and containers."""


for command in (
    scenarios.list_,
    scenarios.check,
    run.run,
    sweep.sweep,
    build.build,
    images.inspect,
    images.replay,
    accuracy.command,
    lessons.lesson,
    lessons.grade,
    export.export,
    scenarios.schema,
):
    cli.add_command(command)


def _called() -> str:
    """How the command was called, for its usage lines: as installed, or as a module."""
    return "sim" if Path(sys.argv[0]).stem == "sim" else "python -m sim"


UNWRITABLE = {errno.ENOSPC, errno.EPIPE, errno.EBADF, errno.EIO, errno.EDQUOT, errno.EFBIG}
"""How an error without a file's name says that click could not print its help."""


def answer(arguments: Sequence[str] | None = None) -> int:
    """Run a command, and return its exit code.

    What goes wrong is said on standard error, in one line where it is a bug.
    """
    try:
        _check(sys.argv[1:] if arguments is None else arguments)
        code = cli.main(arguments, prog_name=_called(), standalone_mode=False)
    except click.ClickException as error:
        vars(error)["message"] = cut(error.message, limits.MESSAGE)  # it quotes what was given
        with contextlib.suppress(OSError):
            error.show()
        return error.exit_code
    except InputError as error:
        report(error.problems)
        return BAD_INPUT
    except CatalogError as error:
        say(str(error))
        return BAD_INPUT
    except SignalError as error:
        say(error.told)
        return error.code
    except (click.Abort, KeyboardInterrupt, CancelledError):
        say("interrupted")
        return INTERRUPTED
    except OSError as error:
        if error.errno not in UNWRITABLE or error.filename is not None:
            tell_bug(error)
            return INTERNAL
        discard(sys.stdout)
        say(f"standard output: cannot be written: {(error.strerror or str(error)).lower()}")
        return BAD_INPUT
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is told in one line and an exit code
        if isinstance(error.__cause__, KeyboardInterrupt):  # as CPython 3.11 wraps one that comes while a class is made
            say("interrupted")
            return INTERRUPTED
        tell_bug(error)
        return INTERNAL
    return code if isinstance(code, int) else HELD


def _check(arguments: Sequence[str]) -> None:
    """Refuse what no shell could pass on, and click would hand to the file system."""
    for argument in arguments:
        try:
            if b"\0" not in os.fsencode(argument):
                continue
        except UnicodeEncodeError:
            pass
        raise InputError(f"{argument!r} has a character that no argument can have")
