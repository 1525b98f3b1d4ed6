"""What people paste and upload: lines, addresses, columns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wagtail_marketing.contacts.engine.addresses import lines_of_csv, read_lines


@pytest.mark.parametrize(
    ("raw", "written", "address"),
    [
        ("ann@example.com", "ann@example.com", "ann@example.com"),
        ("  ANN@Example.com, ", "ANN@Example.com", "ann@example.com"),
        ("Ann Ash <Ann@example.com>;", "Ann Ash <Ann@example.com>", "ann@example.com"),
        ("'+ann@example.com", "+ann@example.com", "+ann@example.com"),
        ("ann@BÜCHER.example", "ann@BÜCHER.example", "ann@xn--bcher-kva.example"),
        ("c-17", "c-17", ""),
        ("ann@localhost", "ann@localhost", ""),
        ("two words@example.com", "two words@example.com", ""),
        ("a@example.com b@example.com", "a@example.com b@example.com", ""),
    ],
)
def test_a_line(raw, written, address):
    [line] = read_lines(raw)
    assert (line.written, line.address) == (written, address)


def test_empty_lines_are_none():
    assert read_lines("\n \n,;\r\n'\n") == []


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"", []),
        (b"ann@example.com\nbob@example.com\n", ["ann@example.com", "bob@example.com"]),
        (b"Name,E-Mail\nAnn,ann@example.com\nBob,\n", ["ann@example.com", ""]),
        (b"\xef\xbb\xbfemail;name\nann@example.com;Ann\n", ["ann@example.com"]),
        ("name;email\nJörg;j@example.com\n".encode("cp1252"), ["j@example.com"]),
        (b"Kontakt\tAdresse\nAnn\tann@example.com\n", ["ann@example.com"]),
        (b"external_key\nc-1\nc-2\n", ["c-1", "c-2"]),
        (b"c-1\nc-2\n", ["c-1", "c-2"]),
        (b'"Ash, Ann",ann@example.com\n', ["ann@example.com"]),
        (b"a,b\n1\n", ["a", "1"]),
    ],
)
def test_the_column_of_a_file(content, lines):
    assert lines_of_csv(content) == lines


@given(st.binary(max_size=200))
def test_no_file_is_a_fault(content):
    import csv

    try:
        lines = lines_of_csv(content)
    except csv.Error:
        return
    assert all(isinstance(line, str) and "\0" not in line for line in lines)


@given(st.lists(st.from_regex(r"[a-z0-9+.]{1,8}@[a-z]{1,8}\.[a-z]{2,4}", fullmatch=True), max_size=8))
def test_addresses_come_back_as_they_went(addresses):
    assert [line.address for line in read_lines("\n".join(addresses))] == addresses
