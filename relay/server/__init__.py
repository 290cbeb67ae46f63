"""The HTTP server: it takes events from callers and answers probes."""
