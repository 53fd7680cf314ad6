"""What a basket should cost."""

from basket import total

assert total([2.0, 3.0]) == 5.0, total([2.0, 3.0])
assert total([10.0], discount=0.1) == 9.0
print("all good")
