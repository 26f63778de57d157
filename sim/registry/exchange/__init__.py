"""What an engine and registries say to each other on a push and a pull, request by request, for both image stores."""
