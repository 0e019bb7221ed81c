"""Pack the art sketch draws with: icons, the words that name them, and fonts, with their licences.

    .venv/bin/python tools/pack_art.py

Fetches four kinds of npm package by name (`npm pack`), keeps what an illustrator can use and writes
`src/limner/engines/sketch/art/`. The same packages give the same bytes: members are sorted and carry no dates.

- `@iconify-json/noto` (Apache-2.0): 128 by 128 SVG icons. Flags, skin tones, clocks, arrows, hands, faces and icons
  that are little square pictures are left out.
- `emojibase-data` (MIT): short names and labels, from which the words for the icons are made. Its free tags are not
  used: they would make "cozy" a pea pod.
- `@fontsource/*` (OFL-1.1): Inter, Playfair Display, Caveat and Bebas Neue.
"""

from __future__ import annotations

import colorsys
import json
import re
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyvips

ROOT: Final = Path(__file__).resolve().parent.parent
ART: Final = ROOT / "src/limner/engines/sketch/art"

ICONS: Final = "@iconify-json/noto@1.2.9"
NAMES: Final = "emojibase-data@17.0.0"
FONTS: Final = {
    "inter": ("@fontsource/inter@5.3.0", (400, 700), ("latin", "latin-ext", "cyrillic", "greek")),
    "playfair-display": ("@fontsource/playfair-display@5.3.0", (700,), ("latin", "latin-ext", "cyrillic")),
    "caveat": ("@fontsource/caveat@5.3.0", (700,), ("latin", "latin-ext", "cyrillic")),
    "bebas-neue": ("@fontsource/bebas-neue@5.3.0", (400,), ("latin", "latin-ext")),
}

LANGUAGES: Final = ("de", "es", "fr", "it", "nl", "pt")
FACES: Final = re.compile(r"^(tête de|cara de|muso di|rosto de) ")
"""What a label begins with that shows only a face."""

CATEGORIES: Final = ("Animals & Nature", "Food & Drink", "Travel & Places", "Objects", "Activities")


def words_of(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


PEOPLE: Final = words_of("""
    anatomical-heart artist astronaut ballet-dancer bone brain cook detective eye fairy farmer firefighter
    footprints genie ghost guard hairy-creature horse-racing mage man-dancing man-running man-standing man-walking
    mermaid merman ninja people-holding-hands person-biking person-climbing person-fencing person-golfing person-
    in-bed person-in-lotus-position person-juggling person-mountain-biking person-rowing-boat person-running
    person-standing person-surfing person-swimming person-walking police-officer prince princess santa-claus
    scientist singer skier snowboarder superhero supervillain tooth troll vampire woman-dancing woman-running
    woman-standing woman-walking zombie construction-worker health-worker pilot student teacher elf
""")
SMILEYS: Final = words_of("""
    alien alien-monster clown-face ghost goblin ogre robot skull pile-of-poo smiling-face-with-smiling-eyes
""")
SYMBOLS: Final = words_of("""
    red-heart orange-heart yellow-heart green-heart blue-heart purple-heart trident-emblem
""")

# Square scenes with their own sky, duplicates, clocks and everything that is a sign rather than a thing.
UNWANTED: Final = re.compile(
    r"(-oclock|-thirty|-light-skin|-medium|-dark-skin|tone\d|^oncoming-|^globe-with|-button$|^input-|^flag-|^no-|-quarter-moon|"
    r"^waning|^waxing|^new-moon|^full-moon-face|^sun-with-face|^sun-behind|^cloud-with|^cityscape|^sunrise|^sunset|^night-with|"
    r"-arrow|^bridge-at-night|^desert$|^foggy?$|^milky-way|^national-park|^shooting-star|^map-of|^motorway|^railway-track|"
    r"^fireworks|^sparkler$|^moon-viewing|^metro$|^mountain-railway|^flower-playing|^mahjong|^joker|-suit$|^kaaba|"
    r"^elevator|^hamsa|^nazar|^baggage|^customs|^passport|^left-luggage|^muted|^speaker-|-place-medal|^love-hotel|"
    r"^bell-with-slash|^dotted|^hot-springs|^wind-face|^stop-sign|^horizontal-traffic|^brick$|^e-mail|^landslide|"
    r"^closed-mailbox|^open-mailbox-with-lowered|^microbe|^pig-nose|-nose$|^wheelchair|^white-cane|^crutch|^drop-of-blood|"
    r"^syringe|^cigarette|^coffin|^funeral|^non-potable|^convenience-store|^snowman$|^yen-|^pound-b|^euro-b|^x-ray|"
    r"^mobile-phone-with|^locked-with|^chart-increasing-with|^page-with|^low-battery|^outbox|^inbox|^round-pushpin)"
)

# Short names that are no name of the thing, or that mean something else in a prompt.
WORDS_UNWANTED: Final = words_of("""
    tada boom dash fu facepunch shit hankey poop moneybag rice_scene bowtie hocho knife_fork o2 ng vs abc free new
    up cool sos ok koko sa atm wc metro on back soon end top bee_nest ideograph light flash sound mute beginner
    trident loop repeat run runner walking skin art dress eye ear house_abandoned relaxed performing_arts mask
    on_fire nut bar stew bread_slice pick sake film label android compression locked unlocked feet flipper date
    mate mag mega pouch notes barber sunny zap clapper party shopping standing running juggling climbing pea
    light_rail pour direct_hit leaves blush ocean beach construction_site flags birthday bamboo blue_car red_car
    bookmark link clamp magnet curling_stone
""")

KINDS: Final = {
    "lighthouse": "place-building",
    "meteor": "sky-weather",
    "monarch-butterfly": "animal-bug",
    "pickle": "food-vegetable",
    "rock": "plant-other",
    "wood": "plant-other",
}
"""Kinds of icons that emojibase does not know yet, or counts among the buildings."""


def main() -> None:
    """Fetch, choose, measure and write."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        noto = fetch(ICONS, folder)
        names = fetch(NAMES, folder)
        ART.mkdir(parents=True, exist_ok=True)
        pack_icons(noto, names)
        pack_words(names)
        for face, (package, weights, subsets) in FONTS.items():
            pack_font(face, fetch(package, folder), weights, subsets)
        (ART / "LICENSE-noto.txt").write_bytes((ROOT / "LICENSE").read_bytes())
        (ART / "LICENSE-emojibase.txt").write_bytes((names / "LICENSE").read_bytes())
    for file in sorted(ART.iterdir()):
        print(f"{file.stat().st_size:>9}  {file.name}")


def fetch(package: str, folder: Path) -> Path:
    """Download an npm package by name and version and unpack it; the folder it lies in."""
    printed = subprocess.run(  # noqa: S603 - the names are the constants above
        ["npm", "pack", "--silent", package],  # noqa: S607 - npm is found on the path
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    archive = folder / printed.stdout.strip().splitlines()[-1]
    target = archive.with_suffix("")
    with tarfile.open(archive) as opened:
        opened.extractall(target, filter="data")
    return target / "package"


def pack_icons(noto: Path, names: Path) -> None:
    """Write `icons.zip`: one SVG body per icon, and `index.json` with measures and words."""
    bodies: dict[str, Any] = json.loads((noto / "icons.json").read_text())["icons"]
    chosen = choose(json.loads((noto / "metadata.json").read_text())["categories"], bodies)
    kinds, words = describe(noto, names, chosen)
    measures = {name: measure(bodies[name]["body"]) for name in chosen}
    index = {
        "icons": {name: {"kind": kinds.get(name, "object"), **measures[name]} for name in chosen},
        "words": dict(sorted(words.items())),
    }
    with zipfile.ZipFile(ART / "icons.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        add(archive, "index.json", json.dumps(index, separators=(",", ":"), sort_keys=True).encode())
        for name in chosen:
            add(archive, f"{name}.svg", bodies[name]["body"].encode())


def pack_words(names: Path) -> None:
    """Write `words.json`: for each language, what its speakers call an icon -> the icon's English words."""
    with zipfile.ZipFile(ART / "icons.zip") as archive:
        icon_of: dict[str, str] = json.loads(archive.read("index.json"))["words"]
    english = {entry["hexcode"]: entry["label"] for entry in json.loads((names / "en/data.json").read_text())}
    words: dict[str, dict[str, str]] = {}
    for language in LANGUAGES:
        words[language] = {}
        entries = json.loads((names / language / "data.json").read_text())
        # What is called a face stands behind the whole of it.
        for entry in sorted(entries, key=lambda entry: bool(FACES.search(entry["label"]))):
            name = icon_of.get(re.sub(r"[^a-z0-9 ]+", " ", english.get(entry["hexcode"], "").lower()).strip())
            phrase = " ".join(re.findall(r"[^\W_]+", FACES.sub("", re.sub(r"\(.*?\)", "", entry["label"].casefold()))))
            if name is not None and phrase and not phrase.endswith("gesicht"):
                words[language].setdefault(phrase, name.replace("-", " "))
    (ART / "words.json").write_text(json.dumps(words, ensure_ascii=False, indent=0, sort_keys=True), encoding="utf-8")


def choose(categories: dict[str, list[str]], bodies: dict[str, Any]) -> list[str]:
    """Names of the icons worth packing, sorted."""
    wanted = {name for category in CATEGORIES for name in categories[category] if not UNWANTED.search(name)}
    wanted |= PEOPLE | SMILEYS | SYMBOLS
    return sorted(name for name in wanted if name in bodies)


def describe(noto: Path, names: Path, chosen: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Each icon's subgroup ("animal-bird"), and the words that name icons ("fire engine" -> "fire-engine")."""
    code_of = {name: code for code, name in json.loads((noto / "chars.json").read_text()).items()}
    groups = json.loads((names / "meta/groups.json").read_text())["subgroups"]
    facts = {plain(entry["hexcode"]): entry for entry in json.loads((names / "en/data.json").read_text())}
    short: dict[str, Any] = {}
    for source in ("github", "emojibase"):
        for code, given in json.loads((names / f"en/shortcodes/{source}.json").read_text()).items():
            short.setdefault(plain(code), []).extend([given] if isinstance(given, str) else given)
    kinds: dict[str, str] = {}
    words: dict[str, str] = {}
    for name in chosen:
        words.setdefault(name.replace("-", " "), name)
    for name in chosen:
        code = plain(code_of.get(name, ""))
        if code not in facts:
            continue
        kinds[name] = groups.get(str(facts[code].get("subgroup")), "object")
        for phrase in spoken(facts[code]["label"], short.get(code, [])):
            words.setdefault(phrase, name)
    return {**kinds, **KINDS}, words


def spoken(label: str, shortcodes: list[str]) -> Iterator[str]:
    """The phrases a person would write for an icon."""
    yield re.sub(r"[^a-z0-9 ]+", " ", label.lower()).strip()
    for code in shortcodes:
        if code not in WORDS_UNWANTED and re.fullmatch(r"[a-z_]{3,}", code):
            yield code.replace("_", " ")


def plain(hexcode: str) -> str:
    """A code without variation selectors, in lower case: the two packages disagree about both."""
    return hexcode.lower().replace("-fe0f", "").replace("-fe0e", "")


def measure(body: str) -> dict[str, Any]:
    """Where an icon's ink lies in its 128 by 128 box, and its main colour.

    box: left, top, right, bottom. hue: 0 to 1, or -1 for an icon without a colour of its own; light: 0 to 1.
    """
    namespaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    svg = f'<svg {namespaces} width="128" height="128">{body}</svg>'
    pixels = pyvips.Image.svgload_buffer(svg.encode()).numpy()
    rows, columns = np.nonzero(pixels[..., 3] > 8)  # noqa: PLR2004 - fainter ink is not seen
    box = [int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1]
    inked = pixels[pixels[..., 3] > 128][:, :3] / 255  # noqa: PLR2004 - half covered
    colours = [colorsys.rgb_to_hls(*(float(channel) for channel in pixel)) for pixel in inked[::7]]
    bins = [0.0] * 24
    for hue, light, saturation in colours:
        bins[int(hue * 24) % 24] += saturation * (1 - abs(2 * light - 1))
    peak = max(range(24), key=lambda i: bins[i - 1] + 2 * bins[i] + bins[(i + 1) % 24])
    strength = bins[peak - 1] + bins[peak] + bins[(peak + 1) % 24]
    if strength < 0.06 * len(colours):
        return {"box": box, "hue": -1, "light": round(sum(c[1] for c in colours) / len(colours), 3)}
    near = [c for c in colours if min((c[0] * 24 - peak - 0.5) % 24, (peak + 0.5 - c[0] * 24) % 24) < 2]  # noqa: PLR2004 - the peak and its neighbours
    return {
        "box": box,
        "hue": round((peak + 0.5) / 24, 3),
        "light": round(sum(c[1] for c in near) / len(near), 3),
    }


def pack_font(face: str, package: Path, weights: tuple[int, ...], subsets: tuple[str, ...]) -> None:
    """Write `FACE.zip` with one WOFF file per weight and subset (already compressed), and the licence beside it.

    Not WOFF2: an SVG's letters are read from these files, and nothing in the base install unpacks Brotli.
    """
    with zipfile.ZipFile(ART / f"{face}.zip", "w", zipfile.ZIP_STORED) as archive:
        for weight in weights:
            for subset in subsets:
                file = package / "files" / f"{face}-{subset}-{weight}-normal.woff"
                add(archive, f"{weight}-{subset}.woff", file.read_bytes())
    (ART / f"LICENSE-{face}.txt").write_bytes((package / "LICENSE").read_bytes())


def add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    """Add a member whose header says nothing of when or where it was packed."""
    info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    info.compress_type = archive.compression
    info.create_system = 3
    archive.writestr(info, data)


if __name__ == "__main__":
    main()
