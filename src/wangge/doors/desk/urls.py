"""The addresses of the desk. None carries personal data: numbers of matters, codes of areas, ids of rows."""

from django.urls import path

from wangge.doors.desk.pages import bulletin, entrance, inbox, intake, live, log, matter, places, queue, surge, triage

app_name = "desk"
urlpatterns = [
    path("", queue.queue, name="queue"),
    path("search", queue.search, name="search"),
    path("sign-in", entrance.sign_in, name="sign_in"),
    path("sign-out", entrance.sign_out, name="sign_out"),
    path("language", entrance.choose_language, name="language"),
    path("theme", entrance.choose_theme, name="theme"),
    path("profile", entrance.profile, name="profile"),
    path("matters/<str:number>", matter.matter, name="matter"),
    path("matters/<str:number>/triage-fields", triage.triage_fields, name="triage_fields"),
    path("matters/<str:number>/reports/<uuid:report_id>/whole", matter.unmask, name="unmask"),
    path("matters/<str:number>/do/<slug:code>", matter.act, name="act"),
    path("intake", intake.intake, name="intake"),
    path("intake/fields", intake.intake_fields, name="intake_fields"),
    path("intake/alike", intake.intake_alike, name="intake_alike"),
    path("intake/suggest", intake.intake_suggest, name="intake_suggest"),
    path("log", log.log, name="log"),
    path("log/fields", log.log_fields, name="log_fields"),
    path("log/<uuid:entry_id>", log.entry, name="entry"),
    path("log/<uuid:entry_id>/counter", log.counter, name="counter"),
    path("bulletin", bulletin.bulletin, name="bulletin"),
    path("bulletin/issue", bulletin.issue, name="issue"),
    path("bulletin/figures/<slug:code>", bulletin.figure, name="figure"),
    path("bulletin/issued/<uuid:bulletin_id>", bulletin.issued, name="issued"),
    path("bulletin/issued/<uuid:bulletin_id>/word", bulletin.word, name="word"),
    path("villages", places.villages, name="villages"),
    path("coverage", places.coverage, name="coverage"),
    path("inbox", inbox.inbox, name="inbox"),
    path("inbox/read", inbox.read_all, name="inbox_read"),
    path("inbox/<uuid:delivery_id>", inbox.open_message, name="message"),
    path("surge", surge.surge, name="surge"),
    path("live", live.stream, name="live"),
]
