"""Draws the report's pictures from a made-up nation: `python -m tools.report_pictures`.

Needs Chromium (`chromium` on the PATH) and `pdftoppm` (package poppler-utils).
"""

from __future__ import annotations

import subprocess
from datetime import date
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from PIL import Image

from kpr_stream.analytics.disclosure.rule import DisclosureRule
from kpr_stream.analytics.report.page import report_page
from kpr_stream.analytics.report.place import of_municipality
from kpr_stream.analytics.report.release import protected, publish
from kpr_stream.reference import Reference, load_reference
from tests.support.made_up_nation import MadeUpNation
from tests.support.repository import PACKAGE, ROOT

FOLDER = ROOT / "docs" / "analyse" / "pictures"
DAY = date(2026, 3, 2)
COUNTIES = ("18", "31", "46")
"""Nordland, Østfold and Vestland: from Røst to Bergen, and a minute instead of several."""
LARGE, MIDDLE, SMALL = "4601", "3103", "1856"
BROWSER = ("chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")
WIDTH, PHONE = 720, 390
COLOURS = 64
"""In a picture: text stays sharp, and a file is some tens of kilobytes."""


def _made_up(reference: Reference) -> dict[str, str]:
    places = reference.municipalities.filter(pl.col("county_code").is_in(COUNTIES))
    valid = places.filter(pl.col("valid_to") > (DAY - date(1970, 1, 1)).days)
    births = pl.read_csv(
        PACKAGE / "reference" / "data" / "residents.csv",
        schema_overrides={"municipality_code": pl.String},
    ).filter(pl.col("year") == DAY.year)
    by_place = births.group_by("municipality_code").agg(pl.col("age_0").sum())
    nation = MadeUpNation(valid, dict(by_place.iter_rows()), DAY).read()
    shown = publish(protected(nation, DisclosureRule(), {}))
    return {
        code: report_page(of_municipality(nation, shown, code), reference)
        for code in (LARGE, MIDDLE, SMALL)
    }


def _picture(page: Path, width: int, height: int, *options: str) -> Image.Image:
    out = page.with_suffix(".png")
    subprocess.run(
        [
            *BROWSER,
            f"--window-size={width},{height}",
            *options,
            f"--screenshot={out}",
            page.as_uri(),
        ],
        check=True,
        capture_output=True,
    )
    return Image.open(BytesIO(out.read_bytes())).convert("RGB")


def _on_paper(page: Path) -> Image.Image:
    pdf = page.with_suffix(".pdf")
    subprocess.run(
        [*BROWSER, "--no-pdf-header-footer", f"--print-to-pdf={pdf}", page.as_uri()],
        check=True,
        capture_output=True,
    )
    drawn = subprocess.run(
        ["pdftoppm", "-r", "80", "-f", "1", "-l", "1", "-png", str(pdf)],
        check=True,
        capture_output=True,
    )
    return Image.open(BytesIO(drawn.stdout)).convert("RGB")


def _keep(picture: Image.Image, name: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    if picture.width > WIDTH:
        size = (WIDTH, round(picture.height * WIDTH / picture.width))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    picture.quantize(COLOURS).save(FOLDER / f"report-{name}.png", optimize=True)


def main() -> None:
    """Draw them."""
    with TemporaryDirectory() as folder:
        pages = {}
        for code, page in _made_up(load_reference()).items():
            pages[code] = Path(folder) / f"{code}.html"
            pages[code].write_text(page, "utf-8")
        # A window is at least 500 pixels wide; a frame inside it may be as narrow as a phone.
        phone = Path(folder) / "phone.html"
        phone.write_text(
            f'<body style="margin:0"><iframe src="{SMALL}.html" '
            f'style="width:{PHONE}px;height:2000px;border:0"></iframe></body>',
            "utf-8",
        )
        _keep(_picture(pages[LARGE], 1100, 2400), "light")
        _keep(_picture(pages[SMALL], 1100, 1800, "--force-dark-mode"), "dark")
        _keep(_picture(phone, 500, 2000).crop((0, 0, PHONE, 2000)), "phone")
        _keep(_on_paper(pages[MIDDLE]), "print")


if __name__ == "__main__":
    main()
