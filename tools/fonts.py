"""Makes assets/fonts from the npm packages of Inter and JetBrains Mono (needs npm, fonttools, brotli).

    python tools/fonts.py

Subsets each font to `RANGES`, composes the few letters that formulas need and the font lacks, and copies
Inter's kerning into the classic `kern` table, the only one that Panda3D reads.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.tables._g_l_y_f import Glyph, GlyphComponent
from fontTools.ttLib.tables._k_e_r_n import KernTable_format_0

TARGET = Path(__file__).resolve().parents[1] / "assets/fonts"
INTER, MONO = "inter-ui@4.1.1", "@expo-google-fonts/jetbrains-mono@0.4.1"
SOURCES = {
    "Inter-Regular": (INTER, "package/web/Inter-Regular.woff2"),
    "Inter-Medium": (INTER, "package/web/Inter-Medium.woff2"),
    "Inter-SemiBold": (INTER, "package/web/Inter-SemiBold.woff2"),
    "InterDisplay-SemiBold": (INTER, "package/display/InterDisplay-SemiBold.woff2"),
    "JetBrainsMono-Regular": (MONO, "package/400Regular/JetBrainsMono_400Regular.ttf"),
    "JetBrainsMono-Medium": (MONO, "package/500Medium/JetBrainsMono_500Medium.ttf"),
}
RANGES = (
    (0x20, 0x7E),  # Latin
    (0xA0, 0x24F),  # Latin-1, Extended-A and -B
    (0x2BB, 0x2E3),  # accents and small raised letters
    (0x300, 0x30C),
    (0x327, 0x328),
    (0x370, 0x3FF),  # Greek
    (0x1E00, 0x1EFF),  # Latin Extended Additional
    (0x2000, 0x20BF),  # punctuation, super- and subscripts, currency
    (0x2100, 0x23FF),  # letterlike, arrows, mathematical operators, technical
    (0x25A0, 0x25FF),  # geometric shapes
    (0x2605, 0x2606),
    (0x2713, 0x2717),
    (0x2B00, 0x2B59),
    (0xFB01, 0xFB02),
    (0xFFFD, 0xFFFD),
)
RAISED = {"ᵀ": "T", "ˣ": "x", "⁻": "−", "ᵗ": "t"}
LOWERED = {"ₓ": "x", "ₜ": "t", "₋": "−"}
SMALL = 0.62
"""Size of raised and lowered letters."""
MOST_PAIRS = 10_900
"""A `kern` subtable of this format holds no more."""


def fetch(package: str, folder: Path) -> tarfile.TarFile:
    told = subprocess.run(
        ["npm", "pack", "--silent", package], cwd=folder, check=True, capture_output=True, text=True
    )
    return tarfile.open(folder / told.stdout.split()[-1])


def cut(font: TTFont) -> None:
    """Leave only `RANGES` and the features that place marks and pairs."""
    options = subset.Options(
        layout_features=["kern", "mark", "mkmk", "ccmp", "locl"],
        name_IDs=["*"],
        notdef_outline=True,
        glyph_names=False,
    )
    options.drop_tables += ["DSIG", "STAT"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[code for low, high in RANGES for code in range(low, high + 1)])
    subsetter.subset(font)
    font.flavor = None


def complete(font: TTFont) -> None:
    """Compose the letters of formulas that the font lacks."""
    have, capital, small = font.getBestCmap(), font["OS/2"].sCapHeight, font["OS/2"].sxHeight
    for letter, base in {**RAISED, **LOWERED}.items():
        if ord(letter) in have:
            continue
        height = small if base == "x" else capital
        up = capital * (0.9 if base == "x" else 1.02) - height * SMALL
        compose(font, letter, base, SMALL, up if letter in RAISED else capital * -0.16)
    if ord("∗") not in have:
        star, axis = (font["glyf"][have[ord(each)]] for each in "*−")
        middle = (axis.yMin + axis.yMax - star.yMin - star.yMax) / 2
        compose(font, "∗", "*", 1.0, middle)


def compose(font: TTFont, letter: str, base: str, scale: float, up: float) -> None:
    """Add `letter` as its base, scaled and moved up; a monospaced letter keeps its width."""
    name, source = f"u{ord(letter):04X}", font.getBestCmap()[ord(base)]
    width = font["hmtx"][source][0]
    advance = width if font["post"].isFixedPitch else round(width * scale)
    part = GlyphComponent()
    part.glyphName, part.flags = source, 0x4
    part.x, part.y = round((advance - width * scale) / 2), round(up)
    if scale != 1:
        part.transform = ((scale, 0), (0, scale))
    glyph = Glyph()
    glyph.numberOfContours, glyph.components = -1, [part]
    font["glyf"][name] = glyph
    glyph.recalcBounds(font["glyf"])
    font["hmtx"][name] = (advance, glyph.xMin)
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap[ord(letter)] = name


def pair_kerning(font: TTFont) -> dict[tuple[str, str], int]:
    """(left, right) -> change of the advance, from GPOS; in each lookup the first match counts."""
    have = font.getBestCmap()
    codes = [*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x391, 0x3CA), *range(0x2010, 0x2028)]
    names = {have[code] for code in codes if code in have}
    table = font["GPOS"].table
    lookups = {
        index
        for record in table.FeatureList.FeatureRecord
        if record.FeatureTag == "kern"
        for index in record.Feature.LookupListIndex
    }
    total: dict[tuple[str, str], int] = {}
    for index in sorted(lookups):
        found: dict[tuple[str, str], int] = {}
        for subtable in table.LookupList.Lookup[index].SubTable:
            while subtable.LookupType == 9:
                subtable = subtable.ExtSubTable
            if subtable.LookupType == 2:
                for pair, value in pairs(subtable, names):
                    found.setdefault(pair, value)
        for pair, value in found.items():
            total[pair] = total.get(pair, 0) + value
    return {pair: value for pair, value in total.items() if value}


def pairs(subtable, names):  # type: ignore[no-untyped-def]
    """Every pair of one pair-positioning subtable with its change of the advance."""
    covered = subtable.Coverage.glyphs
    if subtable.Format == 1:
        for left, entries in zip(covered, subtable.PairSet, strict=True):
            for entry in entries.PairValueRecord:
                if left in names and entry.SecondGlyph in names:
                    yield (left, entry.SecondGlyph), getattr(entry.Value1, "XAdvance", 0)
        return
    first, second = subtable.ClassDef1.classDefs, subtable.ClassDef2.classDefs
    for left in names.intersection(covered):
        row = subtable.Class1Record[first.get(left, 0)].Class2Record
        for right in names:
            yield (left, right), getattr(row[second.get(right, 0)].Value1, "XAdvance", 0)


def add_kern_table(font: TTFont) -> None:
    """The strongest pairs, those of plain Latin before all others."""
    plain = {font.getBestCmap()[code] for code in range(0x20, 0x7F)}
    found = pair_kerning(font)
    order = sorted(
        found, key=lambda pair: (-len(plain.intersection(pair)), -abs(found[pair]), pair)
    )
    part = KernTable_format_0()
    part.coverage, part.version, part.tupleIndex, part.apple = 1, 0, None, False
    part.kernTable = {pair: found[pair] for pair in order[:MOST_PAIRS]}
    table = font["kern"] = newTable("kern")
    table.version, table.kernTables = 0, [part]


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        archives = {package: fetch(package, Path(folder)) for package in (INTER, MONO)}
        for name, (package, member) in SOURCES.items():
            font = TTFont(archives[package].extractfile(member))
            cut(font)
            complete(font)
            if package == INTER:
                add_kern_table(font)
            font.save(TARGET / f"{name}.ttf")
            print(f"{name}: {len(font.getBestCmap())} letters")
    return 0


if __name__ == "__main__":
    sys.exit(main())
