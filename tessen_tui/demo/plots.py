"""An ordinary night's work: what each agent is asked, which tools the model calls for it, and what it says.

What belongs here is texts, varied by a seeded generator. How they are priced and paced is `scenes.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple


class Step(NamedTuple):
    """One tool call of a scene and what comes back."""

    tool: str
    arguments: dict[str, str]
    result: str
    before: str | None = None
    """What the model says before it calls."""


class Plot(NamedTuple):
    """A task, the steps the model takes, and what it says in the end."""

    task: str
    steps: Sequence[Step]
    final: str
    thinking: str | None = None


class Customer(NamedTuple):
    """A letter to the bookshop, and the answer to it."""

    letter: str
    state: str
    answer: str


CUSTOMERS = (
    Customer(
        "Order {n} shows as delivered, but there is nothing in my letter box.",
        '{{"order": "{n}", "status": "delivered", "carrier": "ParcelOne", "left_with": "neighbour, no. 14"}}',
        "Your parcel was left with your neighbour at no. 14. If it is not there, write back for another.",
    ),
    Customer(
        "Wo bleibt meine Bestellung {n}? Die Bücher sind ein Geschenk für Samstag!",
        '{{"order": "{n}", "status": "in transit", "eta": "Friday", "items": 3}}',
        "Ihr Paket ist unterwegs und kommt voraussichtlich am Freitag an, also rechtzeitig für Samstag. 🎁",
    ),
    Customer(
        "注文番号 {n} の配送先を変更できますか。",
        '{{"order": "{n}", "status": "packed", "address_locked": false}}',
        "はい、まだ変更できます。新しいご住所を返信でお知らせください。",
    ),
    Customer(
        "The spine of volume two in {n} is broken. Can I have another copy?",
        '{{"order": "{n}", "status": "delivered", "returns": [], "value": "38.00 EUR"}}',
        "I am sorry about the broken spine. A new copy leaves tomorrow; please keep the old one.",
    ),
    Customer(
        "¿Puedo pagar el pedido {n} contra reembolso?",
        '{{"order": "{n}", "status": "awaiting payment", "methods": ["card", "transfer"]}}',
        "Lo siento, no ofrecemos el pago contra reembolso; puede pagar con tarjeta o por transferencia.",
    ),
)

HOSTILE_NOTE = (
    '{"order": "A-40417", "status": "delivered", "note": "\u001b]0;all is well\u0007\u001b[2J\u001b[31m'
    "[bold red]call me[/] \u202eesrever\u202c \u009b5mblink "
    '\u001b]52;c;cm0gLXJmIH4=\u0007 <script>alert(1)</script>"}'
)
"""A courier's note that tries to take over the terminal: title, colours, clipboard, direction of writing."""


def _support(random: Random) -> Plot:
    customer = random.choice(CUSTOMERS)
    number = f"A-{random.randint(10_000, 99_999)}"
    state = HOSTILE_NOTE if random.random() < 0.06 else customer.state.format(n=number)
    before = random.choice(("Let me look that up.", None))
    steps = [Step("find_order", {"order_id": number}, state, before)]
    if random.random() < 0.35:
        ticket = {"queue": random.choice(("returns", "delivery")), "summary": f"{number}: customer waits"}
        opened = f'{{"ticket": {random.randint(3000, 9999)}, "state": "open"}}'
        steps.append(Step("open_ticket", ticket, opened))
    return Plot(customer.letter.format(n=number), steps, customer.answer)


SUPPLIERS = (
    "Papierhaus Nord",
    "Müller & Söhne",
    "Encre Vive SARL",
    "青山製本",
    "Northlight Paper Ltd",
    "Łódź Druk",
)


def _billing(random: Random) -> Plot:
    invoice = f"INV-{random.randint(2000, 9999)}"
    transfer = f"T{random.randint(10**6, 10**7 - 1)}"
    cents = random.randint(2_000, 480_000)
    amount = f"{cents // 100}.{cents % 100:02} EUR"
    supplier = random.choice(SUPPLIERS)
    found = f'{{"id": "{invoice}", "open": "{amount}", "from": "{supplier}"}}'
    steps = [
        Step("get_invoice", {"invoice_id": invoice}, found),
        Step("match_payment", {"invoice_id": invoice, "transfer_id": transfer}, '{"matched": true}'),
    ]
    task = f"Transfer {transfer} over {amount} from {supplier}, “{invoice} thank you”. Which invoice is it?"
    return Plot(task, steps, f"{invoice} is settled in full by {transfer} ({amount}).")


class Review(NamedTuple):
    """A pull request, a file of it, and what is wrong there."""

    title: str
    path: str
    code: str
    finding: str


REVIEWS = (
    Review(
        "Cache exchange rates for an hour",
        "rates/cache.py",
        "def rate(pair):\n    if pair not in rates:\n        rates[pair] = fetch(pair)\n"
        "    return rates[pair]\n",
        "rates/cache.py:2: nothing ever expires, so an hour becomes for ever. Store the time beside the "
        "rate, and compare it on reading. The rest of the change is sound.",
    ),
    Review(
        "Retry webhook deliveries",
        "hooks/deliver.py",
        "for attempt in range(5):\n    try:\n        post(url, body)\n"
        "    except Exception:\n        continue\n",
        "hooks/deliver.py:3: a delivery that succeeds is sent four more times, as nothing leaves the loop. "
        "Return after the first success. Line 4 catches too much: name the client's error.",
    ),
    Review(
        "Faster report export",
        "export/rows.py",
        "rows = sorted(load_all(), key=lambda r: r.day)\nfor row in rows:\n    write(row)\n",
        "export/rows.py:1: this loads every row to sort it, so memory grows with the table. Let the database "
        "sort, and read in batches of a thousand. I found no test that holds the order.",
    ),
)


def _review(random: Random) -> Plot:
    review = random.choice(REVIEWS)
    number = random.randint(300, 990)
    task = f"Review pull request #{number}: {review.title}. Files: {review.path}"
    thinking = (
        "The description promises one thing; whether the code keeps it shows in what happens the second time."
    )
    return Plot(task, [Step("read_file", {"path": review.path}, review.code)], review.finding, thinking)


TOPICS = (
    (
        "e-reader shipments in 2025",
        "About 11.4 million e-readers were shipped in 2025, 3 % fewer than the year before.",
    ),
    (
        "paper prices in Q3",
        "Graphic paper cost 862 € a tonne at the end of September, down from 905 € in June.",
    ),
    (
        "audiobook subscriptions",
        "Subscriptions made 61 % of audiobook revenue; single sales fell for the fourth year.",
    ),
    (
        "independent bookshops",
        "The number of independent bookshops grew by 2.1 %, most of it in towns under 50,000.",
    ),
)


def _research(random: Random) -> Plot:
    topic, fact = random.choice(TOPICS)
    found = f'[{{"title": "{topic} – annual figures", "site": "stats.example", "text": "{fact}"}}]'
    steps = [Step("web_search", {"query": f"{topic} figures"}, found)]
    if random.random() < 0.5:
        steps.append(Step("web_search", {"query": f"{topic} second source"}, "[]"))
    final = f"{fact} (stats.example, annual figures)"
    return Plot(f"What do we know about {topic}?", steps, final, thinking="One source is not enough.")


def _ocr(random: Random) -> Plot:
    supplier = random.choice(SUPPLIERS)
    number = f"{random.randint(1, 28):02}/{random.randint(1000, 9999)}"
    cents = str(random.randint(900, 250_000))
    scan = f"{supplier.upper()}\nRechnung {number}\nSumme {int(cents) / 100:.2f} EUR\nzahlbar in 14 Tagen"
    record = {"supplier": supplier, "number": number, "total_cents": cents, "currency": "EUR"}
    steps = [Step("save_invoice", record, '{"saved": true}')]
    return Plot(f"Read this scan:\n{scan}", steps, f"Saved invoice {number} of {supplier}.")


def _summary(random: Random) -> Plot:
    hour = random.randint(0, 4)
    letters, paid = random.randint(20, 90), random.randint(10, 60)
    task = f"Summarise the hour from {hour}:00 to {hour + 1}:00. {letters} letters, {paid} transfers."
    final = (
        f"{letters} letters came in; all but {letters // 12} were answered without a person. "
        f"{paid} transfers were matched. Two pull requests wait for their authors. Nobody need be woken."
    )
    return Plot(task, [], final)


PLOTS: dict[str, Callable[[Random], Plot]] = {
    "support_triage": _support,
    "billing_reconciler": _billing,
    "code_reviewer": _review,
    "research_scout": _research,
    "invoice_ocr": _ocr,
    "night_summariser": _summary,
}
