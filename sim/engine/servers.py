"""First in, first out: a lock, or a few equal servers, whose users know on asking how long they will hold.

Then the end of a hold is known when it is asked for (Kiefer and Wolfowitz, 1955): the next free server's time, and
the hold. No queue is kept and no event is spent on waiting, so the caller may go on planning from the end.
"""

from __future__ import annotations

from collections import deque
from heapq import heapreplace


class Servers:
    """Servers that take one user each, in the order of asking.

    >>> lock = Servers()
    >>> lock.hold(0.0, 2.0), lock.hold(0.5, 2.0), lock.hold(9.0, 2.0)
    (2.0, 4.0, 11.0)
    """

    __slots__ = ("_free",)

    def __init__(self, count: int = 1) -> None:
        if count < 1:
            raise ValueError(f"count ({count}) must be at least 1")
        self._free = [0.0] * count

    def hold(self, now: float, seconds: float) -> float:
        """The time at which a hold asked for at `now` ends. `now` must not be before that of the last call."""
        free = self._free[0]
        end = (free if free > now else now) + seconds
        heapreplace(self._free, end)
        return end


class GraceLock:
    """A lock whose holder waits for a grace period, unless the last holder has just waited for one.

    Up to `recent` seconds after the last hold ended, a hold takes `quick` seconds. From `stale` seconds on, it takes
    what is asked for. In between, it takes something in proportion.

    >>> lock = GraceLock(quick=0.1, recent=10.0, stale=20.0)
    >>> lock.hold(0.0, 8.0), lock.hold(1.0, 8.0), lock.hold(50.0, 8.0)
    ((0.0, 8.0), (8.0, 8.1), (50.0, 58.0))
    """

    __slots__ = ("_free", "_quick", "_recent", "_stale")

    def __init__(self, quick: float, recent: float, stale: float) -> None:
        if not 0 <= recent < stale:
            raise ValueError(f"recent ({recent}) must be at least 0 and less than stale ({stale})")
        self._quick, self._recent, self._stale = quick, recent, stale
        self._free = -stale

    def hold(self, now: float, seconds: float) -> tuple[float, float]:
        """When a hold asked for at `now` starts and ends. `seconds` is what it takes after a long quiet."""
        start = max(self._free, now)
        share = (start - self._free - self._recent) / (self._stale - self._recent)
        quick = min(self._quick, seconds)
        self._free = start + quick + (seconds - quick) * min(max(share, 0.0), 1.0)
        return start, self._free


class GraceDomain:
    """Grace periods that all who ask for one share: nobody is kept out, and everybody waits.

    In an idle domain one begins at once. It is over after `first` seconds, or after what is asked for where that is
    less. Who asks while one is under way waits for the next, as that one may have begun too early. The next begins
    where it ends, is the same for all who ask meanwhile, and takes `period` seconds. Its callers go on `lag` seconds
    after its end.

    >>> domain = GraceDomain(first=0.5, period=8.0, lag=4.0)
    >>> [domain.hold(now, 0.5) for now in (0.0, 0.25, 0.375, 5.0, 30.0)]
    [(0.0, 0.5), (0.25, 12.5), (0.375, 12.5), (5.0, 20.5), (30.0, 30.5)]
    """

    __slots__ = ("_end", "_first", "_lag", "_next", "_period")

    def __init__(self, first: float, period: float, lag: float) -> None:
        self._first, self._period, self._lag = first, period, lag
        self._end = self._next = 0.0

    def hold(self, now: float, seconds: float) -> tuple[float, float]:
        """When a wait asked for at `now` starts, which is at once, and ends.

        Args:
            now: Not before that of the last call.
            seconds: What it takes in an idle domain, and at least.
        """
        if now >= self._end:
            self._end = self._next
        if now >= self._end:
            self._end = self._next = now + min(self._first, seconds)
            return now, now + seconds
        if self._next <= self._end:
            self._next = self._end + self._period
        return now, max(self._next + self._lag, now + seconds)


class CheckingServer:
    """A server that checks something before it answers some of its users, but not more often than it should.

    A hold of at least `wait` seconds holds a check of so long. It is left out where `most` checks were begun in the
    last `window` seconds.

    >>> server = CheckingServer(wait=3.0, most=2, window=30.0)
    >>> [server.hold(0.0, seconds) for seconds in (3.5, 0.5, 3.5, 3.5)]
    [(0.0, 3.5), (3.5, 4.0), (4.0, 7.5), (7.5, 8.0)]
    >>> server.hold(31.0, 3.5)
    (31.0, 34.5)
    """

    __slots__ = ("_begun", "_free", "_most", "_wait", "_window")

    def __init__(self, wait: float, most: float, window: float) -> None:
        self._wait, self._most, self._window = wait, most, window
        self._begun: deque[float] = deque()
        self._free = 0.0

    def hold(self, now: float, seconds: float) -> tuple[float, float]:
        """When a hold asked for at `now` starts and ends. `seconds` is what it takes with the check."""
        start = max(self._free, now)
        if seconds >= self._wait:
            while self._begun and self._begun[0] <= start - self._window:
                self._begun.popleft()
            if len(self._begun) < self._most:
                self._begun.append(start)
            else:
                seconds -= self._wait
        self._free = start + seconds
        return start, self._free
