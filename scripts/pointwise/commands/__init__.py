"""The commands, a module each; `main` in it is what the menu runs."""
