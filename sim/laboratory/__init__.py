"""What is measured on a machine: a host by its primitives (calibrate), and the locks of ten kernels (kernels)."""
