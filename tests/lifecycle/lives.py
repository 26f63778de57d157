"""One container's life in one call."""

from sim.lifecycle.container import ContainerOptions
from sim.lifecycle.engine import Engine


def live(spec, *actions, until=60.0, engine=None, **options):
    """Run a container at 0, act at given times, and look at it in the end.

    actions: (at, function of the engine that gives a command).

    Returns the container (None where it was never made), the engine and the results of `run` and the actions.
    """
    engine = engine or Engine()
    done = [engine.perform(engine.run(ContainerOptions("c", **options), spec))]

    def at(seconds, action):
        yield engine.env.timeout(seconds)
        process = engine.perform(action(engine))
        done.append(process)
        yield process

    for seconds, action in actions:
        engine.env.process(at(seconds, action))
    engine.env.run(until)
    return engine.made.get("c"), engine, [process.value if process.triggered else None for process in done]
