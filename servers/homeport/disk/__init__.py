"""State on disk: mail, registry and files under the data folder."""
