"""What the engine refuses."""


class InvalidInput(ValueError):
    """A cart, discount or fact that cannot be read.

    `path` says where it stands (`discounts[0].benefit.kind`), `message` what is wrong with it.
    The message is for developers and logs; forms put their own words to a field.
    """

    def __init__(self, path: str, message: str):
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path
        self.message = message

    def as_json(self) -> dict[str, str]:
        return {"path": self.path, "message": self.message}
