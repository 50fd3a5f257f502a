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

CROWDED_RULES = """
marks => { const found = []; for (const mark of document.querySelectorAll(marks)) { const s = getComputedStyle(mark);
  const under = parseFloat(s.borderBottomWidth), over = parseFloat(s.borderTopWidth);
  for (const b of mark.getClientRects()) { if (b.width < 2) continue;
    if (under) found.push([mark, b.left, b.right, b.bottom - under, b.bottom]);
    if (over) found.push([mark, b.left, b.right, b.top, b.top + over]); } }
const wrong = []; for (const [mark, left, right, top, bottom] of found) {
  for (const [other, l, r, t, b] of found) if (mark !== other && Math.min(right, r) - Math.max(left, l) > 1
    && Math.min(bottom, b) - Math.max(top, t) > .5) wrong.push([mark.textContent, other.textContent]); }
return [found.length, wrong]; }
"""
"""For a browser: how many rules the marks under a selector have over and under their words, and those that lie over
each other, as the words of both."""

COVERED_RULES = """
marks => { const wrong = []; for (const mark of document.querySelectorAll(marks)) { mark.scrollIntoView({block: 'center'});
  const under = parseFloat(getComputedStyle(mark).borderBottomWidth);
  for (const b of mark.getClientRects()) { if (b.width < 8 || b.bottom > innerHeight) continue;
    const top = document.elementFromPoint(b.left + b.width / 2, b.bottom - under / 2);
    if (top !== mark && getComputedStyle(top).backgroundColor !== 'rgba(0, 0, 0, 0)') wrong.push(mark.textContent); } }
return wrong; }
"""
"""For a browser: the words of the marks under a selector whose rule below lies under another element's background."""


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
