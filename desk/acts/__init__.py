"""Act pages: one page for each thing a person decides or records. Each calls exactly one service."""
