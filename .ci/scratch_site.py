"""Do what the README says under “Add it to your own site”, on a site that did not know of us.

usage: scratch_site.py FOLDER [--readme PATH] [--import-all]

Makes a project by ``wagtail start``, gives it a little shop of its own (customers, orders, lines), pastes the
README's blocks into the files that they name, and runs what the README then tells to run. The interpreter
that runs this runs all of it. Exits with 1 and the output of the step that failed.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

MOST_LINES = 25
HEADING = "## Add it to your own site"

SHOP_MODELS = """
from django.db import models


class Customer(models.Model):
    email = models.EmailField(unique=True)
    first_name = models.CharField(max_length=80, blank=True)
    last_name = models.CharField(max_length=80, blank=True)
    newsletter_since = models.DateTimeField(null=True, blank=True)


class Order(models.Model):
    number = models.CharField(max_length=20, unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="orders")
    placed_at = models.DateTimeField()
    total = models.DecimalField(max_digits=10, decimal_places=2)


class OrderLine(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    sku = models.CharField(max_length=40)
    quantity = models.PositiveIntegerField()
    total = models.DecimalField(max_digits=10, decimal_places=2)
"""

SHOP_DATA = """
from datetime import datetime, timezone
from decimal import Decimal
from shop.models import Customer, Order, OrderLine
when = datetime(2026, 10, 1, 12, tzinfo=timezone.utc)
for number in range(1, 4):
    customer = Customer.objects.create(email=f"c{number}@example.com", first_name="C", newsletter_since=when)
    order = Order.objects.create(number=f"A{number}", customer=customer, placed_at=when, total=Decimal("12.50"))
    OrderLine.objects.create(order=order, sku="bread", quantity=5, total=Decimal("12.50"))
"""

CHECK = """
from django.apps import apps
contacts = apps.get_model("wagtail_marketing_contacts", "Contact").objects
orders = apps.get_model("wagtail_marketing_commerce", "Order").objects
assert contacts.count() == 3, contacts.count()
assert orders.count() == 3, orders.count()
print("3 contacts and 3 orders in the mirror")
"""

IMPORT_ALL = """
import importlib, pkgutil, wagtail_marketing
names = [module.name for module in pkgutil.walk_packages(wagtail_marketing.__path__, "wagtail_marketing.")]
names = [name for name in names if ".migrations." not in name]
for name in names:
    importlib.import_module(name)
from importlib.util import find_spec
vendors = ["psycopg2", "redis", "anymail", "twilio", "mailchimp_marketing", "scipy", "statsmodels"]
assert not [name for name in vendors if find_spec(name)], "this environment is to have no extra"
print(f"{len(names)} modules import without any extra")
"""


def blocks(readme: str) -> list[tuple[str, str]]:
    """``[(file or "console", text)]`` of the section, in its order; the first line of a block names its file."""
    section = readme.split(HEADING, 1)[1].split("\n## ", 1)[0]
    found = []
    for language, text in re.findall(r"^```(\w+)\n(.*?)^```", section, re.M | re.S):
        if language == "console":
            found.append(("console", text))
        elif name := re.match(r"# (\S+\.py)", text):
            found.append((name[1], text))
        else:
            raise ValueError(f"A block does not name its file in its first line:\n{text}")
    return found


def count_lines(readme: str) -> int:
    """Lines that somebody has to paste or type: neither empty ones nor those that name a file."""
    lines = [line for _name, text in blocks(readme) for line in text.splitlines()]
    return len([line for line in lines if line.strip() and not re.match(r"# \S+\.py", line)])


def environment(site: Path) -> dict[str, str]:
    found = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])}
    for name in ("DJANGO_SETTINGS_MODULE", "DATABASE_URL", "Q_CLUSTER_NAME"):
        found.pop(name, None)
    return found


def run(site: Path, *command: str) -> str:
    result = subprocess.run(  # noqa: S603
        [sys.executable, *command],
        cwd=site,
        env=environment(site),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    shown = " ".join(command)
    if result.returncode:
        raise SystemExit(f"FAILED: {shown}\n{result.stdout}\n{result.stderr}")
    print(f"ok: {shown.strip().splitlines()[0][:100]}", flush=True)
    return result.stdout + result.stderr


def run_worker(site: Path, *command: str) -> str:
    """Start the worker in a process group of its own, wait until it says that it runs, and stop it again."""
    worker = subprocess.Popen(  # noqa: S603
        [sys.executable, *command],
        cwd=site,
        env={**environment(site), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    stop = threading.Timer(120, os.killpg, (worker.pid, signal.SIGKILL))
    stop.start()
    said = ""
    try:
        for line in worker.stdout or ():
            said += line
            if "running" in line:
                print(f"ok: {' '.join(command)}")
                return said
        raise SystemExit(f"FAILED: the worker ended or did not start in 120 seconds\n{said}")
    finally:
        stop.cancel()
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGTERM)
        try:
            worker.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.communicate()


def make_site(site: Path) -> None:
    site.mkdir(parents=True)
    run(site, "-c", "from wagtail.bin.wagtail import main; main()", "start", "mysite", ".")
    shop = site / "shop"
    (shop / "migrations").mkdir(parents=True)
    (shop / "migrations" / "__init__.py").touch()
    (shop / "__init__.py").touch()
    (shop / "models.py").write_text(SHOP_MODELS)
    settings = site / "mysite" / "settings" / "base.py"
    settings.write_text(settings.read_text().replace("INSTALLED_APPS = [", 'INSTALLED_APPS = [\n    "shop",', 1))
    run(site, "manage.py", "makemigrations", "shop")


def paste(site: Path, name: str, text: str) -> None:
    """New files are written; settings and urls get the block at their end, as the README says."""
    path = site / name
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_text() if path.exists() else ""
    path.write_text(before + ("\n\n" if before else "") + text)


def follow(site: Path, readme: str) -> str:
    """Paste and run the README's section; returns what the commands said."""
    make_site(site)
    said, loaded = "", False
    for name, text in blocks(readme):
        if name != "console":
            paste(site, name, text)
            continue
        for line in text.splitlines():
            words = line.removeprefix("$ ").split("#")[0].split()
            if words[:2] == ["pip", "install"]:
                continue  # it is installed: that is what is being tried
            if words[0] != "python":
                raise SystemExit(f"The README tells to run something else than python: {line}")
            if not loaded and "migrate" not in words and "check" not in words:
                run(site, "manage.py", "shell", "-c", SHOP_DATA)
                loaded = True
            said += run_worker(site, *words[1:]) if "qcluster" in words else run(site, *words[1:])
    said += run(site, "manage.py", "shell", "-c", CHECK)
    return said


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--readme", type=Path, default=Path(__file__).resolve().parent.parent / "README.md")
    parser.add_argument(
        "--import-all", action="store_true", help="import every module, and insist that no extra is here"
    )
    options = parser.parse_args()
    readme = options.readme.read_text()
    lines = count_lines(readme)
    if lines > MOST_LINES:
        raise SystemExit(f"The README's section has {lines} lines; {MOST_LINES} are promised.")
    print(follow(options.folder, readme))
    print(run(options.folder, "-c", "import wagtail_marketing; print('from', wagtail_marketing.__file__)"))
    if options.import_all:
        print(run(options.folder, "manage.py", "shell", "-c", IMPORT_ALL))


if __name__ == "__main__":
    main()
