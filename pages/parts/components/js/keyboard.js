// Where the keyboard goes when what it was on is drawn anew: to the heading of a new screen, or to
// what stands in the place of a button that is gone. One set of listeners for the whole page.

const SETTLE = 120; // ms after which what replaces a button is there
const PATIENCE = 3000; // ms in which a heading that was announced comes
const BUTTON = 'button:not(:disabled)';
const ANY = '[data-testid^="stBaseButton"]'; // of the page; those inside a field are none
const PRIMARY = `[class*="st-key-go_"] ${BUTTON}`;

// The element of the page that had the keyboard last and all that it lay in, each with its place
// among its siblings.
let way = [];
let menu = null; // what lies over the page and has the keyboard now
let keeper = null; // a button of the bar that has the keyboard until the main one comes
let asleep = null; // a button that had it when all were switched off: the server is away

/** Gives the keyboard to an element, whether or not Tab would stop there. */
function hand(element) {
  if (element.tabIndex < 0) element.tabIndex = -1;
  element.focus({ preventScroll: true });
}

/** Whether the keyboard was last within such an element, even if that is gone by now. */
function keyboardWasIn(selector) {
  return way.some(({ element }) => element.matches(selector));
}

/** Streamlit may hide an element that is drawn no more, and take it away much later. */
function isShown(element) {
  return element.isConnected && element.getClientRects().length > 0;
}

/** A button that is switched off by its own press cannot keep the keyboard. */
function canHold(element) {
  return isShown(element) && !element.matches(':disabled');
}

/** The first element of a place that can be seen. */
function firstShown(place, selector) {
  return [...place.querySelectorAll(selector)].find(isShown);
}

function isLost() {
  const active = document.activeElement;
  if (!way.length || (active !== document.body && active !== way[0].element)) return false;
  const own = way[0].element;
  return !canHold(own) || own === asleep || (menu !== null && !menu.isConnected);
}

/** The button that bears the same key as the lost one, its label may be another by now. */
function sameButton(place, lost) {
  const keys = lost.flatMap(({ element }) => [...element.classList]);
  const key = keys.find((name) => name.startsWith('st-key-'));
  return key && firstShown(place, `.${CSS.escape(key)} ${BUTTON}`);
}

/** The nearest button to one that is switched off, in the smallest place that holds any other. */
function nearestButton(off) {
  const places = way.map(({ element }) => element);
  for (const place of places.slice(0, places.findIndex((one) => one.matches('.stMain')) + 1)) {
    const all = [...place.querySelectorAll(ANY)];
    const distance = (button) => Math.abs(all.indexOf(button) - all.indexOf(off));
    const able = all.filter(canHold).sort((one, other) => distance(one) - distance(other));
    if (able.length) return able[0];
  }
  return null;
}

/** Hands the keyboard to what is now where the lost element was. */
function handOver() {
  if (!isLost()) return;
  menu = null;
  const own = way[0].element;
  asleep = null;
  if (isShown(own) && !canHold(own)) {
    const near = nearestButton(own);
    if (near) hand(near);
    else asleep = own;
    return;
  }
  const left = way.findIndex(({ element }) => isShown(element));
  const place = way[left].element;
  if (left === 0) return hand(place);
  // Nothing but the page itself is left when another screen was opened: its heading takes over.
  if (place.querySelector('.st-key-head')) return;
  const lost = way.slice(0, left);
  const main = sameButton(place, lost) ?? firstShown(place, PRIMARY);
  if (main) return hand(main);
  const there = place.children[Math.min(lost.at(-1).at, place.children.length - 1)] ?? place;
  const next = firstShown(there, BUTTON) ?? (isShown(there) ? there : place);
  hand(next);
  if (next.closest('.stBottom')) keeper = next;
}

/** Train gives way to Cancel, and that to Pause, once the run is on. */
function handFromKeeper() {
  if (document.activeElement !== keeper) keeper = null;
  const bar = keeper?.closest('.stBottom');
  const main = bar && firstShown(bar, PRIMARY);
  if (!main) return;
  hand(main);
  // Once: Stop is the very element that Cancel was, and Tab may lead back to it.
  if (document.activeElement === main) keeper = null;
}

/** Hands the keyboard to a heading of the page as soon as it is there, and shows it at the top. */
function handToHeading(selector) {
  const begun = way[0]?.element;
  const tryNow = () => {
    const heading = document.querySelector(selector);
    if (heading) {
      hand(heading);
      heading.style.scrollMarginTop = '5rem'; // below the navigation
      heading.scrollIntoView();
    }
    return Boolean(heading) || way[0]?.element !== begun;
  };
  if (tryNow()) return;
  const observer = new MutationObserver(() => tryNow() && observer.disconnect());
  observer.observe(document.body, { childList: true, subtree: true });
  setTimeout(() => observer.disconnect(), PATIENCE);
}

/** Lets Tab reach a formula that is too wide for the page, so that arrow keys can scroll it. */
function openFormulas() {
  for (const formula of document.querySelectorAll('.katex-display')) {
    if (formula.scrollWidth > formula.clientWidth) formula.tabIndex = 0;
    else formula.removeAttribute('tabindex');
  }
}

document.addEventListener('focusin', (event) => {
  const path = event.composedPath().filter((node) => node instanceof Element);
  const isInPage = path.some((element) => element.matches('.stMain'));
  menu = isInPage ? null : path[0];
  if (!isInPage) return;
  way = path.map((element) => ({
    element,
    at: [...(element.parentElement?.children ?? [])].indexOf(element),
  }));
});
document.addEventListener('pointerdown', (event) => {
  // Left by a click beside it: that is no loss.
  if (!event.composedPath().includes(way[0]?.element)) way = [];
});
/** Looks again after a moment: what replaces the lost element may still be on its way. */
function watch() {
  if (isLost()) setTimeout(handOver, SETTLE);
}

document.addEventListener('focusout', () => setTimeout(watch));
new MutationObserver(() => {
  watch();
  if (keeper) handFromKeeper();
  openFormulas();
}).observe(document.body, { attributeFilter: ['disabled'], childList: true, subtree: true });
window.addEventListener('resize', openFormulas);
