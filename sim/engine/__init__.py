"""SimPy and what is added to it. Knows no virtual machine and no container."""
