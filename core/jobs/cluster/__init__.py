"""Long work on other machines: workers of a Dask scheduler in the place of this server's own processes."""
