"""Any record, as a type: what an outcome holds and a reader asks for."""

from __future__ import annotations

from typing import TypeVar

from sim.records.assemblies import AssemblyRecord, CallRecord, ComponentRecord
from sim.records.containers import AccidentRecord, LifeRecord
from sim.records.hosts import EnvironmentRecord, FitRecord, LeftRecord, ViewRecord
from sim.records.images import PullRecord, StepRecord
from sim.records.instances import ConstraintRecord, InstanceRecord, MemoryRecord, PhaseRecord
from sim.records.load import EventRecord, PoolRecord, RequestRecord, RouteRecord, SaturationRecord
from sim.records.memory import LedgerRecord
from sim.records.projects import SavingRecord, ServiceRecord
from sim.records.replicas import NodeRecord, ReplicaRecord, WantedRecord

Record = (
    PhaseRecord
    | InstanceRecord
    | MemoryRecord
    | ConstraintRecord
    | StepRecord
    | PullRecord
    | LedgerRecord
    | EnvironmentRecord
    | FitRecord
    | ComponentRecord
    | CallRecord
    | AssemblyRecord
    | LifeRecord
    | ViewRecord
    | LeftRecord
    | EventRecord
    | ServiceRecord
    | SavingRecord
    | AccidentRecord
    | SaturationRecord
    | PoolRecord
    | ReplicaRecord
    | RequestRecord
    | NodeRecord
    | WantedRecord
    | RouteRecord
)


RecordT = TypeVar("RecordT", bound=Record)
