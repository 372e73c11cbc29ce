"""E-mail through SES."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.domain.errors import KickerError

MOST_RECIPIENTS = 50  # of one message, by SES


class MailRefused(KickerError):
    """The mail service did not take a message; it says which one and why."""


class SesMailbox:
    """Implements Mailbox. `client` is a boto3 `ses` client, `sender` an address verified there."""

    def __init__(self, client: Any, sender: str) -> None:
        self._ses = client
        self._sender = sender

    def send(self, to: Sequence[str], subject: str, text: str) -> None:
        """Send one plain-text message to at most 50 addresses. Raises: MailRefused."""
        if not 0 < len(to) <= MOST_RECIPIENTS:
            raise MailRefused(f'"{subject}" has {len(to)} recipients: one to {MOST_RECIPIENTS} can be written to.')
        if not self._sender:
            raise MailRefused(f'"{subject}" was not sent: set KICKER_SENDER_EMAIL to an address verified in SES.')
        one_line = " ".join(subject.split())  # a line break in a subject would start a header of its own
        try:
            self._ses.send_email(
                Source=self._sender,
                Destination={"ToAddresses": list(to)},
                Message={
                    "Subject": {"Data": one_line, "Charset": "UTF-8"},
                    "Body": {"Text": {"Data": text, "Charset": "UTF-8"}},
                },
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise MailRefused(f'"{one_line}" was refused by SES ({code}): check sender and quota.') from None
        except BotoCoreError as error:
            raise MailRefused(f'"{one_line}" was not handed over ({type(error).__name__}): send it again.') from error
