"""Text classifiers of the Hub, which are fetched when somebody asks."""
