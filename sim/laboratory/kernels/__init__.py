"""How long kernels of several generations hold their locks when containers start, measured in emulated guests."""
