"""Parameters that several studies ask for with one meaning: what runs in each instance, and in which guest."""

from __future__ import annotations

from typing import Annotated

from annotated_types import doc

from sim.catalog.names import CatalogName
from sim.quantity import Bytes

ApplicationId = Annotated[str, CatalogName("applications"), doc("What runs in each instance.")]
GuestId = Annotated[
    str, CatalogName("guests", empty=True), doc("The guest system; if left out, the technology's first.")
]
GuestMemory = Annotated[
    Bytes | None,
    doc("Memory configured for each guest; if left out, the guest's default or what the application needs."),
]
SameImage = Annotated[bool, doc("All instances come from one image, so that their files are the same.")]
