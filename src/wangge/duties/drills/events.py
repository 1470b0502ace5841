"""What the journal hears of drills; the subject is the drill. All of them are exercises."""

from wangge.duties.drills.links import secret_of
from wangge.ground.journal.events import event_type
from wangge.spine.messaging.templates import wording

CALLED = event_type("drill.called", "发起通联演练", "people", "tests", "until")
ANSWERED = event_type("drill.answered", "应答通联演练", "test", "channel", "seconds")
ENDED = event_type("drill.ended", "结束通联演练", "people", "answered", "early")

SAY_TEST = wording(
    "drill_test",
    "通联演练，请在 {until} 前打开并按“收到”。只为检验能否联系到您，不是真实任务，无须其他处置。",
    "Communication drill: open this before {until} and press “Received”. It only tests whether you can be reached; "
    "it is not a real task, and nothing else is to be done.",
    link="/r/{secret}",
    secret=lambda params: secret_of(params["test"]),
)
