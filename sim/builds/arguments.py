"""ARG: the values an instruction sets in its stage, as BuildKit takes them."""

from __future__ import annotations

from collections.abc import Mapping

from sim.builds.dockerfile import expand
from sim.builds.instructions import Arg


def argument_values(
    step: Arg, env: Mapping[str, str], given: Mapping[str, str], before: Mapping[str, str], escape: str
) -> dict[str, str]:
    """The variables an ARG sets, in order. One without a value sets none.

    Args:
        env: What is set before the whole instruction, which is expanded at once. In `ARG A=1 B=$A` the default of B is
            the A of before (moby/buildkit up to 0.13, dockerfile2llb, dispatch and dispatchArg).
        given: Values of `--build-arg`.
        before: The values of the ARGs before the first FROM.

    Raises `ValueError` for a default that cannot be expanded.
    """
    read = [
        (expand(name, env, escape), None if default is None else expand(default, env, escape))
        for name, default in step.args
    ]
    values: dict[str, str] = {}
    for name, default in read:
        value = given.get(name, default if default is not None else before.get(name))
        if value is not None:
            values.pop(name, None)
            values[name] = value
    return values
