"""Mail over SMTP, with Django's mail settings; the delivery's id is the Message-ID, so repeats fall together."""

from __future__ import annotations

import smtplib

from django.conf import settings
from django.core.mail import EmailMessage

from wangge.ground.accounts.queries import Recipient
from wangge.spine.messaging.channels.contract import Answer, Channel, Message


def _send(person: Recipient, message: Message) -> Answer:
    mail = EmailMessage(
        subject=message.title,
        body=f"{message.text}\n\n{settings.SITE_URL}{message.link}\n",
        to=[person.email],
        headers={"Message-ID": f"<{message.delivery_id}@{settings.MAIL_DOMAIN}>"},
    )
    for file in message.attachments:
        mail.attach(file.name, file.content, file.mime)
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        return Answer("final" if all(code >= 500 for code in codes) else "retry", f"recipient refused {codes}")
    except (smtplib.SMTPConnectError, smtplib.SMTPHeloError, smtplib.SMTPAuthenticationError) as error:
        # The server does not take us, whatever we bring: that is for the administrator to mend, not for good.
        return Answer("retry", f"SMTP {error.smtp_code}")
    except smtplib.SMTPResponseException as error:
        return Answer("final" if error.smtp_code >= 500 else "retry", f"SMTP {error.smtp_code}")
    except (OSError, smtplib.SMTPException) as error:
        return Answer("retry", type(error).__name__)
    return Answer("sent")


CHANNEL = Channel("smtp", lambda person: bool(person.email) and bool(settings.EMAIL_HOST), _send, carries=True)
