// Shared by every component. Text reaches the page as text nodes only, never as markup.

const SVG_SPACE = 'http://www.w3.org/2000/svg';
const SVG_TAGS = new Set([
  'svg',
  'g',
  'path',
  'rect',
  'circle',
  'ellipse',
  'line',
  'polyline',
  'polygon',
  'text',
  'defs',
  'clipPath',
  'pattern',
]);

/** An element with attributes and children; `onclick` and its like are set as properties. */
function make(tag, attributes, ...children) {
  const element = SVG_TAGS.has(tag)
    ? document.createElementNS(SVG_SPACE, tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element[name] = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === '') continue;
    element.append(child.nodeType ? child : document.createTextNode(child));
  }
  return element;
}

// A figure of the run, a piece of code, or an emphasis: `*` counts only at the edge of words, so
// that the stars of a reward stay stars.
const MARKED = /(\[\[.*?\]\]|`[^`]+`|(?<=^|[\s("])\*[^*\s](?:[^*]*[^*\s])?\*(?=$|[\s.,;:?)"]))/;

/** What a run gave: a figure in the tool's letters, words and rewards in the machine's. */
function measured(text) {
  const words = /[a-z]{2}/i.test(text);
  return make('span', { class: words ? 'figure reply' : 'figure' }, bound(text));
}

/** Text in which `[[61 %]]` is an underlined figure, `code` is code and *word* is stressed. */
function withFigures(text) {
  return String(text)
    .split(MARKED)
    .map((part) => {
      if (part.startsWith('[[') && part.endsWith(']]')) return measured(part.slice(2, -2));
      if (part.length > 2 && part.startsWith('`') && part.endsWith('`'))
        return make('code', { class: 'inline' }, part.slice(1, -1));
      if (part.length > 2 && part.startsWith('*') && part.endsWith('*'))
        return make('em', {}, part.slice(1, -1));
      return part;
    });
}

/** Model text: a lone full stop never starts a line. */
function bound(text) {
  return String(text).replace(/ ([.?,])(?= |$)/g, '\u00a0$1');
}

const LARGE = 10000; // from here on a figure is written as 1.4e27

/** A figure with a real minus sign, and with none before a zero. */
function written(number, digits) {
  const size = Math.abs(number);
  const text = size >= LARGE ? size.toExponential(1).replace('+', '') : size.toFixed(digits);
  return number < 0 && Number(text) ? `\u2212${text}` : text;
}

/** The same with its sign, plus or minus; zero has none. */
function signed(number, digits) {
  const text = written(number, digits);
  return number > 0 && Number(text) ? `+${text}` : text;
}

/** A share as whole percent, its space narrow and unbroken. */
function percentText(share) {
  return `${written(share * 100, 0)}\u202f%`;
}

const LEAST_SCALE = 0.05; // nats: weaker updates stay visibly weak

/** The credit that fills a bar: the given one, or the strongest of these tokens. */
function creditScale(credits, given) {
  return given ?? Math.max(LEAST_SCALE, ...credits.map(Math.abs));
}

/** Replaces what a root shows and gives the keyboard focus back to the element of the same name. */
function show(root, ...children) {
  const tree = root.getRootNode();
  const held = root.contains(tree.activeElement) ? tree.activeElement.dataset.focus : null;
  root.replaceChildren(...children.flat(Infinity).filter(Boolean));
  if (held) root.querySelector(`[data-focus="${CSS.escape(held)}"]`)?.focus();
}

const MEMORIES = new WeakMap();

/** What one mounted component remembers between two calls. */
function memoryOf(root) {
  if (!MEMORIES.has(root)) MEMORIES.set(root, {});
  return MEMORIES.get(root);
}

function prefersStillness() {
  return window.matchMedia('(prefers-reduced-motion: reduce)').matches;
}

/** Calls back with the width of an element now and whenever it has another; returns how to stop. */
function watchWidth(element, callback) {
  let last = -1;
  const observer = new ResizeObserver(() => {
    const width = Math.round(element.clientWidth);
    if (width === last) return;
    last = width;
    if (width > 0) callback(width);
  });
  observer.observe(element);
  return () => observer.disconnect();
}
