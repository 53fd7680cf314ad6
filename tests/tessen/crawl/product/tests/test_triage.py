from unittest.mock import MagicMock, patch

import anthropic


def test_triage():
    client = MagicMock(spec=anthropic.Anthropic)
    client.messages.create.return_value = None
    client.messages.create(model="m", max_tokens=1, messages=[])
    with patch("anthropic.Anthropic"):
        anthropic.Anthropic().messages.create(model="m", max_tokens=1, messages=[])
