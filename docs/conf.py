"""Sphinx: Markdown in, pages in Wagtail's theme out. ``make docs`` treats every warning as an error."""

import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "sandbox"), str(ROOT / "docs" / "_ext")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("SANDBOX_VAR", str(Path(tempfile.gettempdir()) / "wagtail-marketing-docs"))

import django  # noqa: E402

django.setup()

import wagtail_marketing  # noqa: E402

project = "wagtail_marketing"
author = "the wagtail_marketing contributors"
project_copyright = f"2026, {author}"
version = release = wagtail_marketing.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_wagtail_theme", "commands"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "_ext", "scripts", "adr/template.md"]
nitpicky = False

myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3

autodoc_typehints = "description"
autodoc_member_order = "bysource"
python_use_unqualified_type_names = True

html_theme = "sphinx_wagtail_theme"
html_title = "wagtail_marketing"
html_short_title = html_title
html_show_sphinx = False
html_show_sourcelink = False
html_static_path = ["_static"]
html_theme_options = {
    "project_name": "Marketing for Wagtail",
    "logo": "logo.svg",
    "logo_alt": "Marketing for Wagtail",
    "logo_height": 40,
    "logo_width": 40,
    "logo_url": "index.html",
    "github_url": "",
    "header_links": "",
    "footer_links": "",
}
