"""Long work off the page: the pool of worker processes, the work they do, and one thread for what visitors bring."""
