"""When a replica is sent requests, and when it answers them. Cluster, fleet and hand-made cases all end in these."""

from __future__ import annotations

from dataclasses import dataclass

from sim.never import NEVER


@dataclass(frozen=True, slots=True)
class ServingSpan:
    """One time that one replica serves. A replica that is restarted has another span for each time.

    A request that is sent while the replica does not answer is refused. One that is under way at `dead` is lost.
    Between `closing` and `dead` those under way end, and new ones are refused.

    Attributes:
        replica: Its name.
        listed: From when on the balancer sends it requests, in seconds.
        delisted: From when on it sends no more.
        answers: From when on it answers.
        closing: From when on it takes no new request.
        dead: When the process is gone.
    """

    replica: str
    listed: float
    delisted: float = NEVER
    answers: float = 0.0
    closing: float = NEVER
    dead: float = NEVER
