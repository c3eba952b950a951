"""What a browser says it is: ordinary ones by device, and crawlers by their names."""

from __future__ import annotations

import numpy as np

from pointwise.synthetic.identifiers import mix
from pointwise.synthetic.vocabulary import DEVICES, PICKS, picks

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT}"
MACINTOSH = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
ANDROID = f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT}"
SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0"

# Ordinary browsers and how common each is, by device.
BROWSERS: dict[str, dict[str, float]] = {
    "desktop": {
        f"{WINDOWS} Chrome/146.0.0.0 Safari/537.36": 38,
        f"{WINDOWS} Chrome/145.0.0.0 Safari/537.36": 9,
        f"{WINDOWS} Chrome/146.0.0.0 Safari/537.36 Edg/146.0.0.0": 15,
        f"{MACINTOSH} {WEBKIT} Chrome/146.0.0.0 Safari/537.36": 14,
        f"{MACINTOSH} {SAFARI} Safari/605.1.15": 12,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:147.0) Gecko/20100101"
        " Firefox/147.0": 7,
        "Mozilla/5.0 (X11; Linux x86_64; rv:147.0) Gecko/20100101 Firefox/147.0": 3,
        f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Chrome/146.0.0.0 Safari/537.36": 2,
    },
    "mobile": {
        f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) {SAFARI}"
        " Mobile/15E148 Safari/604.1": 46,
        f"{ANDROID} Chrome/146.0.0.0 Mobile Safari/537.36": 40,
        f"{ANDROID} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36": 8,
        "Mozilla/5.0 (Android 15; Mobile; rv:147.0) Gecko/147.0 Firefox/147.0": 3,
    },
    "tablet": {
        f"Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) {SAFARI}"
        " Mobile/15E148 Safari/604.1": 60,
        f"{ANDROID} Chrome/146.0.0.0 Safari/537.36": 40,
    },
}
CRAWLERS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2;"
    " +https://openai.com/gptbot)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
)
# Mail programs that load pictures by themselves say no more than this.
MAIL_PROGRAM = "Mozilla/5.0"

USER_AGENTS = (
    *dict.fromkeys(agent for browsers in BROWSERS.values() for agent in browsers),
    *CRAWLERS,
    MAIL_PROGRAM,
)
FIRST_CRAWLER = USER_AGENTS.index(CRAWLERS[0])
MAIL_PROGRAM_AGENT = USER_AGENTS.index(MAIL_PROGRAM)
AGENT_PICKS = np.stack([picks(BROWSERS[name], USER_AGENTS) for name in DEVICES])
MIXED_WITH = 20260628  # A device keeps its browser, whatever the seed of the world.


def browsers(machine: np.ndarray, device: np.ndarray | int) -> np.ndarray:
    """Return the browser of each machine: always the same one for its number."""
    chosen = (mix(machine, MIXED_WITH) % np.uint64(PICKS)).astype(np.int64)
    return AGENT_PICKS[device, chosen].astype(np.int8)
