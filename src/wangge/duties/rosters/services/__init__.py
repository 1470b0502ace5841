"""What rosters change: made, solved, edited by hand, published, swapped, and mended when somebody falls ill."""
