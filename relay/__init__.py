"""Takes Falco events as CloudEvents, keeps them durably, and hands them to GitHub as dispatches."""
