"""Run as a program: says nothing but a word when all is well."""

from letters import letter

said = letter("Ada", 0, 2)
assert "arrives on Wednesday" in said, f"two days after Monday is Wednesday, but the letter says: {said}"
print("ok")
