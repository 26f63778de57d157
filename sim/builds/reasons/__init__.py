"""Why a step hit or missed."""
