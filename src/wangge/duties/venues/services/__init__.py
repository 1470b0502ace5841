"""Writing the register, visits, orders, day counts and readiness."""
