"""Filling in forms 填报: the list of what somebody may fill in, and the page on which a form is filled in a browser.

The browser gets the XForm that field apps get, and posts the submission that they post.
"""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from wangge.doors.desk.fill_words import WORDS
from wangge.doors.desk.middleware import content_policy
from wangge.doors.desk.requests import DeskRequest, language
from wangge.doors.field.lists import LISTS
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import Problem, SubmissionUnreadable
from wangge.ground.responses.evidence import MOST_BYTES
from wangge.ground.responses.queries import response_current
from wangge.spine.forms.queries.forms import form_version, forms_offered, media_content, version_by_id
from wangge.spine.forms.services.taking import MOST_XML, submission_take

XML = "xml_submission_file"


def offered(request: DeskRequest) -> HttpResponse:
    """The forms that somebody may fill in."""
    found = forms_offered(actor=request.actor, response_id=response_current().id)
    return render(request, "desk/forms/offered.html", {"offered": found})


def form(request: DeskRequest, code: str) -> HttpResponse:
    """A form in its newest version, to be filled in.

    The engine of forms has its reader of expressions as WebAssembly, which only this page may compile.
    """
    version = form_version(actor=request.actor, response_id=response_current().id, code=code)
    context = {
        "form": version.form,
        "version": version,
        "words": {name: gettext(text) for name, text in WORDS.items()},
        "most_bytes": MOST_BYTES,
        # A file goes with the XML it belongs to.
        "most_at_once": MOST_BYTES + MOST_XML,
    }
    answer = render(request, "desk/forms/fill.html", context)
    answer["Content-Security-Policy"] = content_policy(compiling=True)
    return answer


def form_definition(request: DeskRequest, version_id: UUID) -> HttpResponse:
    """The XForm of a version."""
    version = version_by_id(actor=request.actor, response_id=response_current().id, version_id=version_id)
    return HttpResponse(version.xform, content_type="text/xml; charset=utf-8")


def form_media(request: DeskRequest, version_id: UUID, name: str) -> HttpResponse:
    """A file that a version's questions show or choose from; some lists are made for whoever asks."""
    response_id = response_current().id
    version = version_by_id(actor=request.actor, response_id=response_id, version_id=version_id)
    if name in version.lists and name in LISTS:
        return HttpResponse(LISTS[name](request.actor, response_id), content_type="text/csv; charset=utf-8")
    media_type, content = media_content(version.id, name)
    return HttpResponse(content, content_type=media_type)


@require_POST
def form_take(request: DeskRequest) -> HttpResponse:
    """Take a filled form, or a part of one; a problem is answered as JSON, for the page to say it."""
    try:
        taken = submission_take(
            actor=request.actor,
            response_id=response_current().id,
            xml=_xml(request),
            files={name: file.read() for name, files in request.FILES.lists() for file in files if name != XML},
            now=clock.now(),
            incomplete="*isIncomplete*" in request.POST,
        )
    except Problem as problem:
        return JsonResponse(problem.as_json(language()), status=problem.status)
    address = reverse("desk:submission", kwargs={"submission_id": taken.submission_id})
    return JsonResponse({"submission": str(taken.submission_id), "address": address}, status=201)


def _xml(request: DeskRequest) -> bytes:
    """The XML part. Raises SubmissionUnreadable where there is none."""
    part = request.FILES.get(XML)
    if part is None:
        raise SubmissionUnreadable(why_zh=f"缺少 {XML}", why_en=f"it has no {XML}")
    content: bytes = part.read()
    return content
