"""The channels a message can take: one module each, and this table."""

from __future__ import annotations

from wangge.spine.messaging.channels import inapp, robot, smtp, webhook
from wangge.spine.messaging.channels.contract import Channel

CHANNELS: dict[str, Channel] = {
    channel.name: channel for channel in (inapp.CHANNEL, smtp.CHANNEL, webhook.CHANNEL, robot.CHANNEL)
}
