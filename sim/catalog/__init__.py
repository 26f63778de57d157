"""Data with provenance: technologies, guests, applications, hosts, images, measurements."""
