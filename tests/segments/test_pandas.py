"""``marketing_segment_preview --keys`` against pandas on real baskets, by the same rules.

The beginning of the sample runs always. The whole data set runs with ``WM_FULL_DATA=1`` against the database that
``DATABASE_URL`` names, which was filled before by ``load_complete_journey --all --no-shift`` and
``marketing_sync`` (it takes minutes, so the test does not do it and writes nothing there).
"""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

pd = pytest.importorskip("pandas")

from tests.segments import journey_frames  # noqa: E402
from tests.segments.journey_rules import NOW, RULES  # noqa: E402

#: Of the 250 in the sample: enough for every rule to hold for some and fail for others.
HOUSEHOLDS = 60
ROOT = Path(__file__).resolve().parents[2]


def keys(households):
    return sorted(f"household-{number}" for number in households)


@pytest.fixture
def our_adapter(settings):
    """Over the folder's own fixture: here the sandbox's shop is the host."""
    settings.WAGTAIL_MARKETING = {**settings.WAGTAIL_MARKETING, "HOST_ADAPTER": "shop.marketing.ShopAdapter"}


@pytest.mark.django_db
def test_the_sample_agrees(tmp_path):
    call_command("load_complete_journey", "--no-shift", f"--households={HOUSEHOLDS}", stdout=io.StringIO())
    call_command("marketing_sync", "--json", stdout=io.StringIO())
    frames = journey_frames.sample(HOUSEHOLDS)
    sizes = {}
    for name, (rules, expected) in RULES.items():
        file = tmp_path / "rules.json"
        file.write_text(json.dumps(rules))
        answer = io.StringIO()
        call_command("marketing_segment_preview", rules=str(file), now=NOW, keys=True, stdout=answer)
        answer = json.loads(answer.getvalue())
        assert answer["keys"] == keys(expected(frames)), name
        assert answer["count"] == len(answer["keys"])
        sizes[name] = answer["count"]
    total = len(frames["households"])
    assert [name for name, size in sizes.items() if not 0 < size < total] == []


@pytest.mark.full_data
@pytest.mark.skipif(not os.environ.get("WM_FULL_DATA"), reason="WM_FULL_DATA=1 and a filled DATABASE_URL")
@pytest.mark.parametrize("name", RULES)
def test_the_whole_data_set_agrees(name, whole_frames):
    rules, expected = RULES[name]
    run = subprocess.run(  # noqa: S603  our own command
        [sys.executable, "sandbox/manage.py", "marketing_segment_preview", "--rules", "-", "--now", NOW, "--keys"],
        input=json.dumps(rules),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"},
        check=True,
    )
    answer = json.loads(run.stdout)
    assert answer["keys"] == keys(expected(whole_frames))
    assert 0 < answer["count"] < 2469
    print(f"{name}: {answer['count']} {answer['reachable']}")  # noqa: T201  the figures for the record


@pytest.fixture(scope="module")
def whole_frames():
    return journey_frames.everything()
