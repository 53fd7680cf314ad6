"""A file of the repository with a vendor's name."""


class OpenAI:
    def __init__(self):
        self.responses = []
