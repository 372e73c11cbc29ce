"""One contract for every Mailbox: SES and the fake the other tests use."""

import boto3
import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses import ses_backends

from chalicelib.adapters.notifications import MailRefused, SesMailbox
from tests.fakes.mailbox import FakeMailbox

SENDER = "kicker@reseller.example"


class Ses:
    """SES of this process, read back the way the fake is."""

    def __init__(self):
        client = boto3.client("ses")
        client.verify_email_identity(EmailAddress=SENDER)
        self._box = SesMailbox(client, SENDER)
        self.send = self._box.send

    @property
    def sent(self):
        messages = ses_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].sent_messages
        return [(tuple(m.destinations["ToAddresses"]), m.subject, m.body) for m in messages]


@pytest.fixture(params=[Ses, FakeMailbox])
def mailbox(request, aws):
    return request.param()


def test_a_message_reaches_everyone_it_is_for(mailbox):
    mailbox.send(["finance@reseller.example", "ops@reseller.example"], "Payouts of Q4 ✓", "12 payouts, 300.00 USD")
    assert mailbox.sent == [
        (("finance@reseller.example", "ops@reseller.example"), "Payouts of Q4 ✓", "12 payouts, 300.00 USD")
    ]


def test_a_line_break_in_a_subject_starts_no_header(mailbox):
    mailbox.send(["finance@reseller.example"], "Payouts\r\nBcc: thief@elsewhere.example", "x")
    assert mailbox.sent[0][1] == "Payouts Bcc: thief@elsewhere.example"


@pytest.mark.parametrize("count", [0, 51])
def test_a_message_to_nobody_or_to_too_many_is_refused(mailbox, count):
    with pytest.raises(MailRefused):
        mailbox.send([f"p{i}@reseller.example" for i in range(count)], "Hello", "x")
    assert mailbox.sent == []


def test_a_sender_that_is_not_verified_is_an_error_and_not_a_lost_mail(aws):
    box = SesMailbox(boto3.client("ses"), "unknown@reseller.example")
    with pytest.raises(MailRefused, match="MessageRejected"):
        box.send(["finance@reseller.example"], "Payouts", "x")
