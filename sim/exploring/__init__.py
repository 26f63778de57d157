"""Any configuration of any study, alone or beside another one under the same seed, as a scenario that runs."""
