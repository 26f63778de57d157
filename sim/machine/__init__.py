"""A host: cores, memory ledger, page cache, disk, network card, kernel locks."""
