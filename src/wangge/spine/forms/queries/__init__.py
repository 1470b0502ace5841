"""Reading forms and what was sent with them."""
