"""Make docs/verification-report.png, the picture of docs/verification.md, from made-up results.

Needs Chromium (make browser). With the font Inter (Debian's package fonts-inter) it looks as it was committed.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / ".build" / "collections")]

from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report_html import html_report  # noqa: E402

from tests.report.browser import browser  # noqa: E402
from tests.report.results import fleet, result  # noqa: E402
from tools.small_png import indexed  # noqa: E402

PICTURE = ROOT / "docs" / "verification-report.png"
WIDTH, HEIGHT = 1180, 1290
MOST_BYTES = 200_000


def main() -> int:
    """Draw the upper part of the page as a desk shows it."""
    page_text = html_report(result(fleet()), title="training-west", time="2026-11-29 09:12 UTC")
    with tempfile.TemporaryDirectory() as folder, browser() as page:
        path = Path(folder) / "report.html"
        path.write_text(page_text)
        page.look(path, WIDTH)
        picture = indexed(page.picture(width=WIDTH, height=HEIGHT))
    if len(picture) > MOST_BYTES:
        print(f"The picture has {len(picture)} bytes, more than {MOST_BYTES}.")
        return 1
    PICTURE.write_bytes(picture)
    print(f"{PICTURE.relative_to(ROOT)}: {len(picture)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
