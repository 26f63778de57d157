"""Puts the shipped scenarios into the package, as `sim/scenarios`; everything else stands in pyproject.toml.

In a checkout they stay at the top, where their readers and writers find them, and pyproject.toml has no word for a
package that is found by name beside packages that are found by pattern.
"""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["sim", "sim.*"]), "sim.scenarios"],
    package_dir={"sim.scenarios": "scenarios"},
)
