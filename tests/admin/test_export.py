"""Nothing that leaves as CSV or XLSX is a formula where it is opened."""

import csv
import io

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from wagtail.admin.views import generic

from wagtail_marketing.admin.export import DANGEROUS, SafeExportMixin, csv_lines, plain_cell, safe_cell, write_csv

CORPUS = [
    "=1+1",
    "==1+1",
    "+491234",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    "  =HYPERLINK(1)",
    "\u00a0=1",
    "\x00=1",
    "\x1f@x",
    "\ufeff=1",
]


@pytest.mark.parametrize("text", CORPUS)
def test_a_formula_becomes_text(text):
    assert safe_cell(text).startswith("'")


@pytest.mark.parametrize("value", ["Ann", "a=b", "1-2", "", "O'Brien", 5, -5, 1.5, None, True])
def test_what_is_no_formula_stays(value):
    assert safe_cell(value) == value
    assert type(safe_cell(value)) is type(value)


@given(st.text())
def test_no_text_begins_like_a_formula(text):
    cell = safe_cell(text)
    assert not cell.startswith(DANGEROUS)
    assert "\x00" not in cell


@given(st.text() | st.text(alphabet="'=+ a"))
def test_what_was_put_in_comes_out(text):
    assert plain_cell(safe_cell(text)) == "".join(sign for sign in text if sign >= " " or sign in "\t\r\n")


@given(st.lists(st.lists(st.text(), min_size=2, max_size=2), max_size=5))
def test_a_file_reads_back_as_it_was_written(rows):
    stream = io.StringIO(newline="")
    assert write_csv(stream, ["a", "b"], rows) == len(rows)
    back = list(csv.reader(io.StringIO(stream.getvalue(), newline="")))
    assert back[0] == ["a", "b"]
    assert [list(row) for row in back[1:]] == [[safe_cell(cell) for cell in row] for row in rows]


def test_rows_are_read_one_by_one():
    seen = []

    def rows():
        for number in range(3):
            seen.append(number)
            yield [number]

    lines = csv_lines(["n"], rows())
    assert next(lines) == "n\r\n"
    assert seen == []
    assert next(lines) == "0\r\n"
    assert seen == [0]


class GroupView(SafeExportMixin, generic.IndexView):
    model = Group
    index_url_name = "wagtailusers_groups:index"
    list_export = ["name", "pk"]


class PlainView(generic.IndexView):
    model = Group
    index_url_name = "wagtailusers_groups:index"
    list_export = ["name", "pk"]


def export(view_class, user, form, **kwargs):
    request = RequestFactory().get("/", {"export": form})
    request.user = user
    response = view_class.as_view(**kwargs)(request)
    return b"".join(response.streaming_content)


@pytest.fixture
def groups(db):
    Group.objects.all().delete()
    return [Group.objects.create(name=text.replace("\x00", "")) for text in CORPUS]


def test_csv_of_a_list_is_safe(groups, admin_user):
    text = export(GroupView, admin_user, "csv").decode()
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows[0] == ["Name", "Pk"]
    assert {row[0] for row in rows[1:]} == {safe_cell(group.name) for group in groups}


def test_xlsx_of_a_list_is_safe(groups, admin_user):
    sheet = load_workbook(io.BytesIO(export(GroupView, admin_user, "xlsx"))).active
    cells = [row[0] for row in sheet.iter_rows(min_row=2)]
    assert len(cells) == len(groups)
    assert [(cell.data_type, cell.value) for cell in cells if cell.data_type != "s" or cell.value[0] != "'"] == []
    assert all(isinstance(row[1].value, int) for row in sheet.iter_rows(min_row=2))


def test_wagtails_own_csv_is_not(groups, admin_user):
    """Twin: without our mixin the formula stands in the file."""
    assert b"\r\n=1+1," in export(PlainView, admin_user, "csv")


def test_exporting_asks_its_own_permission(groups, django_user_model):
    user = django_user_model.objects.create_user("viewer", password="x")
    for codename in ("access_admin", "view_group"):
        user.user_permissions.add(Permission.objects.get(codename=codename))
    with pytest.raises(PermissionDenied):
        export(GroupView, user, "csv", export_permission="auth.change_group")
    assert b"Name" in export(GroupView, user, "csv", export_permission="auth.view_group")
