"""Endpoints for ourselves. No model is called from here."""

import stripe
from fastapi import APIRouter
from slack_sdk import WebClient
from twilio.rest import Client
from twilio.rest import Client as OpenAI

router = APIRouter()
twilio = Client()
slack = WebClient()
client = OpenAI()


@router.post("/sms")
def sms(to: str, body: str):
    message = twilio.messages.create(to=to, from_="+10000000", body=body)
    client.messages.create(to=to, from_="+10000000", body=body)
    client.chat.v2.services.create(friendly_name=body)
    return message.sid


@router.post("/slack")
def post(text):
    slack.chat_postMessage(channel="#ops", text=text)
    return slack.chat.send_message(text)


@router.post("/pay")
def pay():
    customer = stripe.Customer.create(name="x")
    session = stripe.checkout.Session.create(customer=customer.id)
    return stripe.StripeClient("k").responses.create(model="x")


class Verify:
    def __init__(self, sid):
        self.service = twilio.verify.v2.services(sid)

    def start(self, to):
        return self.service.verifications.create(to=to, channel="sms")

    def messages(self):
        return twilio.conversations.v1.conversations("x").messages.create(body="hi")
