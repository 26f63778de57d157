"""What the commands of docker compose do to the containers of one engine."""
