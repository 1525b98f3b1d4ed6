"""Mailchimp's and Klaviyo's own files, as those programs write them."""

from datetime import UTC, datetime

import pytest

from tests.contacts.imports.kit import bring, counts, upload
from wagtail_marketing.contacts import selectors
from wagtail_marketing.contacts.models import ConsentState, Contact, Suppression

pytestmark = pytest.mark.django_db

HEAD = '"Email Address","First Name","Last Name",Address,"Phone Number",Birthday,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,'
HEAD += "CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION"
TAIL = "LEID,EUID,NOTES,TAGS"
PERSON = '{0}@x.example,{0},Ash,"1 Road  Town",,02/28,2,"2013-06-25 17:30:00",192.0.2.1,"2013-06-25 17:38:27",192.0.2.1'
PERSON += ",47.66,-122.29,-8,-7,America/Los_Angeles,US,WA"
SUBSCRIBED = f'{HEAD},LAST_CHANGED,{TAIL}\n{PERSON.format("sue")},"2013-06-27 12:11:50",44,c2c,,"""VIP"",""Local"""\n'
UNSUBSCRIBED = (
    f"{HEAD},UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER,{TAIL}\n"
    f'{PERSON.format("una")},"2015-01-02 03:04:05",Spring,77,"NORMAL",,45,c2d,,\n'
)
CLEANED = (
    f"{HEAD},CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID,{TAIL}\n"
    f'{PERSON.format("clay")},"2016-01-02 03:04:05",Spring,77,46,c2e,,\n'
)
KLAVIYO = (
    "Email,Klaviyo ID,First Name,Last Name,Organization,Title,Phone Number,Address,Address 2,City,"
    "State / Region,Country,Zip Code,Latitude,Longitude,Source,IP Address,Email Marketing Consent,"
    "Email Marketing Consent Timestamp,"
    "Profile Created On,Date Added,Email Suppressions\n"
    + "".join(
        f"{name}@x.example,01H,{name},Ash,Co,Dr,,1 St,,Berlin,BE,Germany,1,1,1,form,192.0.2.1,{consent},{at},"
        f"2020-01-01 10:00:00,2020-01-01,{suppressed}\n"
        for name, consent, at, suppressed in (
            ("sue", "SUBSCRIBED", "2022-01-01T10:00:00+00:00", "[]"),
            ("una", "UNSUBSCRIBED", "2023-01-01T10:00:00+00:00", ""),
            ("nev", "NEVER_SUBSCRIBED", "", ""),
            ("bo", "SUBSCRIBED", "2022-01-01T10:00:00+00:00", '"[""HARD_BOUNCE""]"'),
            ("spa", "SUBSCRIBED", "2022-01-01T10:00:00+00:00", "SPAM_COMPLAINT"),
            ("use", "SUBSCRIBED", "2022-01-01T10:00:00+00:00", "['USER_SUPPRESSED']"),
        )
    )
)


def test_mailchimps_subscribed_bring_their_confirmed_time_as_weak_consent():
    done = bring(SUBSCRIBED, name="subscribed_email_audience_export_ab12.csv", agreed_by="Mailchimp list News")
    assert (done.preset, counts(done)) == ("mailchimp-subscribed", {"rows": 1, "new": 1, "agreed": 1})
    sue = Contact.objects.get()
    assert (sue.first_name, sue.country, sue.region, sue.time_zone) == ("sue", "US", "WA", "America/Los_Angeles")
    assert set(sue.tags.values_list("name", flat=True)) == {"VIP", "Local"}
    state = ConsentState.objects.get()
    assert (state.state, state.strength, state.changed_at) == (
        "subscribed", 1, datetime(2013, 6, 25, 17, 38, 27, tzinfo=UTC)
    )  # fmt: skip


def test_the_same_columns_say_nothing_of_consent_where_the_name_does_not():
    for name in ("nonsubscribed_email_audience_export.csv", "my list.csv"):
        source = upload(SUBSCRIBED, name)
        assert (source.preset, source.options["status"]) == ("mailchimp-nonsubscribed", "")
        assert "consent.email.at" not in source.columns


def test_mailchimps_unsubscribed_leave_with_their_date_and_cleaned_are_bounces():
    done = bring(UNSUBSCRIBED, name="unsubscribed.csv")
    assert (done.preset, counts(done)) == ("mailchimp-unsubscribed", {"rows": 1, "new": 1, "unsubscribed": 1})
    assert ConsentState.objects.get().changed_at == datetime(2015, 1, 2, 3, 4, 5, tzinfo=UTC)
    done = bring(CLEANED, name="people.csv")
    assert (done.preset, counts(done)) == ("mailchimp-bounce", {"rows": 1, "new": 1, "suppressed": 1})
    assert Suppression.objects.get().reason == "bounce"
    assert Suppression.objects.get().created_at == datetime(2016, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_mailchimps_files_in_the_wrong_order_bring_nobody_back():
    bring(UNSUBSCRIBED.replace("una", "sue"), name="unsubscribed.csv")
    done = bring(SUBSCRIBED, name="subscribed_members_export_x.csv", agreed_by="Mailchimp")
    assert counts(done, "stayed_unsubscribed", "agreed") == {"stayed_unsubscribed": 1}


def test_klaviyos_profiles():
    done = bring(KLAVIYO, agreed_by="Klaviyo")
    assert done.preset == "klaviyo"
    assert counts(done) == {"rows": 6, "new": 6, "agreed": 1, "unsubscribed": 1, "suppressed": 3}
    assert set(selectors.deliverable("email").values_list("email", flat=True)) == {"sue@x.example"}
    assert set(Suppression.objects.values_list("reason", flat=True)) == {"bounce", "complaint", "manual"}
    assert Contact.objects.get(first_name="sue").created_at == datetime(2020, 1, 1, 10, tzinfo=UTC)


def test_klaviyos_list_of_suppressed_addresses():
    source = upload("Email,Suppression Reason\na@x.example,UNSUBSCRIBED\nb@x.example,INVALID_EMAIL\n")
    assert source.columns == ["email", ""]
    done = bring("Email,Suppression Reason\na@x.example,UNSUBSCRIBED\nb@x.example,INVALID_EMAIL\n",
                 ["email", "suppressed.email"])  # fmt: skip
    assert counts(done) == {"rows": 2, "new": 2, "unsubscribed": 1, "suppressed": 1}
