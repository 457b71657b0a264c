"""Python imports this at its start; see the package `simulated`."""

import simulated as simulated
