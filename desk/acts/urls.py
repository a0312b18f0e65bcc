"""Addresses of the act pages, under /admin/act/. Each takes one public id: of the case, or of the thing the act is about."""

from django.urls import path

from desk.acts import (
    amendments,
    bookings,
    breaches,
    candidates,
    checks,
    corrections,
    custody,
    detainers,
    echo,
    grounds,
    lists,
    orders,
    persons,
    quarantine,
    registrations,
    retries,
    warrants,
)

app_name = "desk"

urlpatterns = [
    path("time/", echo.EchoView.as_view(), name="time"),
    path("book/", bookings.BookView.as_view(), name="book"),
    path("case/<uuid:public_id>/ground/", grounds.GroundAddView.as_view(), name="ground_add"),
    path("ground/<uuid:public_id>/end/", grounds.GroundEndView.as_view(), name="ground_end"),
    path("case/<uuid:public_id>/release/", custody.ReleaseView.as_view(), name="release"),
    path("case/<uuid:public_id>/custody/", custody.CustodyView.as_view(), name="custody"),
    path("case/<uuid:public_id>/reprint/", checks.ReprintView.as_view(), name="reprint"),
    path(
        "transmission/<uuid:public_id>/release/",
        checks.TransmissionReleaseView.as_view(),
        name="transmission_release",
    ),
    path(
        "transmission/<uuid:public_id>/retry/",
        retries.TransmissionRetryView.as_view(),
        name="transmission_retry",
    ),
    path("search/<uuid:public_id>/retry/", retries.SearchRetryView.as_view(), name="search_retry"),
    path("reply/<uuid:public_id>/attach/", quarantine.ReplyAttachView.as_view(), name="reply_attach"),
    path("reply/<uuid:public_id>/dismiss/", quarantine.ReplyDismissView.as_view(), name="reply_dismiss"),
    path("submission/<uuid:public_id>/iar/", checks.IarCodeView.as_view(), name="iar_code"),
    path(
        "candidate/<uuid:public_id>/review/",
        candidates.CandidateReviewView.as_view(),
        name="candidate_review",
    ),
    path(
        "candidate/<uuid:public_id>/print/<str:side>/<int:finger>.png",
        candidates.CandidatePrintView.as_view(),
        name="candidate_print",
    ),
    path(
        "case/<uuid:public_id>/detainer/",
        registrations.DetainerRegisterView.as_view(),
        name="detainer_register",
    ),
    path("detainer/<uuid:public_id>/serve/", detainers.DetainerServeView.as_view(), name="detainer_serve"),
    path("detainer/<uuid:public_id>/amend/", amendments.DetainerAmendView.as_view(), name="detainer_amend"),
    path("detainer/<uuid:public_id>/lift/", detainers.DetainerLiftView.as_view(), name="detainer_lift"),
    path("detainer/<uuid:public_id>/order/", orders.JudicialOrderView.as_view(), name="judicial_order"),
    path("detainer/<uuid:public_id>/warrant/", warrants.WarrantRecordView.as_view(), name="warrant_record"),
    path(
        "detainer/<uuid:public_id>/condition/",
        warrants.ConditionRecordView.as_view(),
        name="condition_record",
    ),
    path("case/<uuid:public_id>/claim/", orders.StatusClaimView.as_view(), name="status_claim"),
    path("person/<uuid:public_id>/merge/", persons.MergeFindView.as_view(), name="person_find"),
    path("person/<uuid:public_id>/merge/<uuid:other>/", persons.MergeView.as_view(), name="person_merge"),
    path("person/<uuid:public_id>/apart/<uuid:other>/", persons.ApartView.as_view(), name="people_apart"),
    path("person/<uuid:public_id>/split/", persons.SplitView.as_view(), name="person_split"),
    path("merge/<uuid:public_id>/undo/", persons.MergeUndoView.as_view(), name="merge_undo"),
    path("case/<uuid:public_id>/correct/", corrections.CorrectableView.as_view(), name="correctable"),
    path(
        "case/<uuid:public_id>/correct/<slug:kind>/<uuid:subject>/<slug:field>/",
        corrections.CorrectView.as_view(),
        name="correct",
    ),
    path("corrections/", corrections.WaitingView.as_view(), name="corrections"),
    path(
        "correction/<uuid:public_id>/decide/",
        corrections.CorrectionDecideView.as_view(),
        name="correction_decide",
    ),
    path("federal-list/", lists.ListCompareView.as_view(), name="list_compare"),
    path("difference/<uuid:public_id>/", lists.DifferenceView.as_view(), name="difference"),
    path("breach/<uuid:public_id>/close/", breaches.BreachCloseView.as_view(), name="breach_close"),
]
