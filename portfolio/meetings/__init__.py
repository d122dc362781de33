"""Committee meetings: when which committee meets, and the deals on its agenda in their order."""
