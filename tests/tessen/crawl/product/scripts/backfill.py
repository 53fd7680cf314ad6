#!/usr/bin/env python3
import sqlite3
import sys

import anthropic

sys.path.insert(0, "src")
db = sqlite3.connect("tickets.db")
client = anthropic.Anthropic()

for (body,) in db.execute("select body from tickets"):
    message = client.messages.create(model="claude-haiku-4-5", max_tokens=20, messages=[{"role": "user", "content": body}])
    db.execute("update tickets set title = ?", (message.content[0].text,))

print(
    client
    .beta
    .messages
    .batches
    .create(requests=[])
)
print((lambda c: c.messages.create(model="claude-haiku-4-5", max_tokens=1, messages=[]))(client))
