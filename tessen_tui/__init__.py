"""The application: the Textual App, its command line, settings, key map, themes and the demo."""
