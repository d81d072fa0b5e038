"""One run and several: settings, request, execution, measurement, and what is read from them."""
