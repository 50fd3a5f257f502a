"""How the tests read a page: its text and elements, and how well its text stands out."""

from html.parser import HTMLParser

WORST_CONTRAST = """
() => { const rgb = c => c.match(/[\\d.]+/g).map(Number);
const light = c => { const [r, g, b] = rgb(c).slice(0, 3).map(v => { v /= 255;
  return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return .2126 * r + .7152 * g + .0722 * b; };
const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
  const v = rgb(c); if (v.length < 4 || v[3] === 1) return c; } return 'rgb(255,255,255)'; };
const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + .05) / (y + .05); };
let worst = 99; for (const e of document.querySelectorAll('body *')) {
  if (e.textContent.trim()) worst = Math.min(worst, ratio(getComputedStyle(e).color, behind(e)));
  const after = getComputedStyle(e, '::after');
  if (after.content !== 'none' && after.content !== 'normal') worst = Math.min(worst, ratio(after.color, behind(e)));
} return worst; }
"""
"""For a browser: the lowest contrast of a text with what is behind it (WCAG 2.2, 1.4.3)."""


class Reader(HTMLParser):
    """The text of a page, and whether every element that is opened is closed in its turn."""

    def __init__(self) -> None:
        """Begin with nothing open."""
        super().__init__()
        self.open: list[str] = []
        self.text = ""
        self.good = True

    def handle_starttag(self, tag, attrs):
        """Open an element, unless it is one that has no end."""
        if tag not in ("meta", "br", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        """Close it; anything else open by then is a fault."""
        self.good &= bool(self.open) and self.open.pop() == tag

    def handle_data(self, data):
        """Collect text."""
        self.text += data
