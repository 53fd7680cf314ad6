"""What the bookshop writes to a reader whose order is late."""

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def letter(reader, left, days_on_the_way):
    """Return the letter to a reader; `left` is the day on which the order left the shelf, from 0."""
    arrives = DAYS[(left + days_on_the_way - 1) % 7]
    return f"Dear {reader},\nyour order left our shelf on {DAYS[left]} and arrives on {arrives}.\n"
