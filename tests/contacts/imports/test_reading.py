"""How a file is written is found out; no fault of one row hides the others; nothing that is no table gets in."""

import io
import zipfile
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from wagtail_marketing.admin.export import safe_cell
from wagtail_marketing.contacts.imports import xlsx
from wagtail_marketing.contacts.imports.errors import UnreadableFile
from wagtail_marketing.contacts.imports.layout import Layout, find_layout
from wagtail_marketing.contacts.imports.rows import MOST_CELL, column_names, read_rows, undo_safe_cell


def read(data: bytes) -> list[tuple[int, list[str], str]]:
    layout = find_layout(io.BytesIO(data))
    return [(row.number, row.cells, row.fault) for row in read_rows(io.BytesIO(data), layout)]


TEXT = "Name,City\r\nJürgen Groß,Köln\r\nŁucja,Łódź\r\n"
WEST = "Name,City\r\nJürgen Groß,Köln\r\n"


@pytest.mark.parametrize(
    ("data", "encoding", "guessed"),
    [
        (TEXT.encode(), "utf-8", False),
        (b"\xef\xbb\xbf" + TEXT.encode(), "utf-8", False),
        (TEXT.encode("utf-16"), "utf-16", False),
        (WEST.encode("utf-16-le"), "utf-16-le", True),
        (WEST.encode("utf-16-be"), "utf-16-be", True),
        (WEST.encode("cp1252"), "cp1252", True),
    ],
)
def test_the_encoding_is_found_and_a_guess_is_called_one(data, encoding, guessed):
    layout = find_layout(io.BytesIO(data))
    assert (layout.encoding, layout.guessed, layout.separator) == (encoding, guessed, ",")
    assert read(data)[:2] == [(1, ["Name", "City"], ""), (2, ["Jürgen Groß", "Köln"], "")]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found_although_another_stands_in_the_text(separator):
    data = f'email{separator}note\na@x.example{separator}"one, two; three"\nb@x.example{separator}"four, five"\n'
    assert find_layout(io.BytesIO(data.encode())).separator == separator
    assert [cells for _n, cells, _f in read(data.encode())][1] == ["a@x.example", "one, two; three"]


def test_the_line_with_which_excel_names_the_separator_is_no_row():
    assert read(b"sep=;\nemail;name\na@x.example;Ann\n") == [
        (1, ["email", "name"], ""),
        (2, ["a@x.example", "Ann"], ""),
    ]


def test_a_file_without_a_heading_is_seen_as_one():
    assert not find_layout(io.BytesIO(b"ann@x.example,Ann\nbob@x.example,Bob\n")).heading
    assert column_names(["ann@x.example", "Ann"], heading=False) == ["Column 1", "Column 2"]
    assert column_names(["a", "a", ""], heading=True) == ["a", "a (2)", "Column 3"]


def test_a_quotation_that_nobody_closes_costs_its_own_row_only():
    lines = ["email,note", 'a@x.example,"never closed', *(f"p{n}@x.example,x" for n in range(200))]
    found = read("\n".join(lines).encode())
    assert found[1] == (2, ["a@x.example", '"never closed'], "quotes")
    assert [row[1][0] for row in found[2:]] == [f"p{n}@x.example" for n in range(200)]
    assert found[-1][0] == 202
    # The same near the end of the file, where no later mark could close it.
    assert read(b'email,note\na@x.example,"open\nb@x.example,y\n')[1:] == [
        (2, ["a@x.example", '"open'], "quotes"),
        (3, ["b@x.example", "y"], ""),
    ]


def test_texts_over_several_lines_marks_inside_words_zeros_and_blank_rows():
    data = b'email,note\na@x.example,"one\ntwo"\n\n,\nb@x.example,5" pipe\nc@x.example,ni\x00l\n'
    assert read(data) == [
        (1, ["email", "note"], ""),
        (2, ["a@x.example", "one\ntwo"], ""),
        (5, ["b@x.example", '5" pipe'], ""),
        (6, ["c@x.example", "nil"], ""),
    ]


def test_a_cell_out_of_measure_is_a_fault_and_is_cut():
    found = read(b"email,note\na@x.example," + b"x" * (MOST_CELL + 1) + b"\nb@x.example,y\n")
    assert [(row[0], row[2]) for row in found] == [(1, ""), (2, "cell_length"), (3, "")]
    assert len(found[1][1][1]) == MOST_CELL


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\n\n , \n", "empty"),
        (b"\xd0\xcf\x11\xe0 old excel", ".xls"),
        (b"%PDF-1.7", "not a table"),
        (b"PK\x03\x04 broken", "damaged"),
    ],
)
def test_what_is_no_table_is_refused_with_a_remedy(data, words):
    with pytest.raises(UnreadableFile) as error:
        if find_layout(io.BytesIO(data)).kind == "xlsx":
            xlsx.check_workbook(io.BytesIO(data))
    assert words in error.value.message
    assert error.value.remedy


def workbook(*rows: list) -> io.BytesIO:
    book, target = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(target)
    return target


def test_a_workbook_becomes_text_row_by_row_with_its_numbers_of_rows():
    file = workbook(
        ["email", "age", "since", "vip"],
        ["a@x.example", 31.0, date(2024, 2, 29), True],
        [],
        ["b@x.example", 2.5, datetime(2024, 2, 29, 13, 30), None],  # noqa: DTZ001  as sheets hold it
    )
    target = io.BytesIO()
    assert xlsx.to_csv(file, target, most_rows=10) == 4
    target.seek(0)
    assert [(row.number, row.cells) for row in read_rows(target, Layout())] == [
        (1, ["email", "age", "since", "vip"]),
        (2, ["a@x.example", "31", "2024-02-29", "true"]),
        (4, ["b@x.example", "2.5", "2024-02-29 13:30:00"]),
    ]
    with pytest.raises(UnreadableFile, match="more than 2 rows"):
        xlsx.to_csv(file, io.BytesIO(), most_rows=2)


def packed(**parts: bytes) -> io.BytesIO:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return target


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (packed(hello_txt=b"hi"), "not a workbook"),
        (packed(xl__workbook_xml=b"<workbook/>", xl__sheet_xml=b"0" * (20 * 2**20)), "grows out of measure"),
        (packed(xl__workbook_xml=b'<!DOCTYPE x [<!ENTITY a "b">]><workbook/>'), "declares things"),
        (packed(xl__workbook_xml=b"<workbook/>"), "cannot be read"),
    ],
)
def test_bombs_and_broken_workbooks_are_refused(file, words):
    with pytest.raises(UnreadableFile, match=words):
        list(xlsx.workbook_rows(file))


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data):
    try:
        layout = find_layout(io.BytesIO(data))
    except UnreadableFile:
        return
    if layout.kind == "csv":
        numbers = [row.number for row in read_rows(io.BytesIO(data), layout)]
        assert numbers == sorted(set(numbers))


@given(st.text(alphabet='a",;\n\r\x00=é', max_size=60))
def test_any_text_of_the_signs_that_matter_is_read(text):
    rows = list(read_rows(io.BytesIO(text.encode()), Layout()))
    assert all(any(row.cells) for row in rows)


@given(st.text(max_size=20))
def test_the_exports_apostrophe_is_taken_off_again(text):
    plain = safe_cell(text.strip())
    if safe_cell(plain) == plain and plain[:1] != "'":
        assert undo_safe_cell(plain) == plain
    assert undo_safe_cell(safe_cell("=" + text)) == safe_cell("=" + text)[1:]
