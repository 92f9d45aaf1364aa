"""The whole way once, on this machine: what ``kpr-stream demo`` does, step by step."""
