"""Models small enough that everything about them is known, by formula or by quadrature."""
