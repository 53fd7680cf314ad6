"""A shopping basket."""


def total(prices: list[float], discount: float = 0.0) -> float:
    """Return what a basket costs. The discount is a share: 0.1 takes a tenth off."""
    return sum(prices) * discount
