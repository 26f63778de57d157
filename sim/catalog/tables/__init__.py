"""What the catalog's folders hold, as types: one module a kind of entry."""
