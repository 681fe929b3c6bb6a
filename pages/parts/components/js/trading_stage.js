// The energy desk: a day of practice and a fresh one, hour by hour, with what was held and earned.

const VIEW = { width: 480, height: 212 };
const PRICE = { top: 12, bottom: 128 }; // between them lie the levels of the price
const BLOCKS = { top: 146, bottom: 182 }; // and between these the blocks held
const SECONDS = { live: 1.2, still: 3 }; // that a day takes to be played
const MARK = 7; // half the width of a trade's mark
const EDGE = { left: 34, right: MARK + 2 }; // room for the scale, and for a mark
const SCALE_HOURS = 6; // from one hour of the scale to the next

function across(data, hour) {
  return EDGE.left + (hour / data.hours) * (VIEW.width - EDGE.left - EDGE.right);
}

function priceAt(data, level) {
  return PRICE.bottom - (level / (data.levels - 1)) * (PRICE.bottom - PRICE.top);
}

/** A triangle at the price of a trade: up for a block bought, down for one sold. */
function mark(data, hour, level, isBought) {
  const x = across(data, hour);
  const y = priceAt(data, level);
  const tip = isBought ? -MARK : MARK;
  const points = `${x},${y + tip} ${x - MARK},${y - tip} ${x + MARK},${y - tip}`;
  return make('polygon', { points, class: isBought ? 'bought' : 'sold' });
}

function label(x, y, anchor, text) {
  return make('text', { x, y, class: 'scale', 'text-anchor': anchor }, String(text));
}

/** Figures for the levels of the price, for the blocks, and for the hours. */
function scale(data) {
  const aside = EDGE.left - MARK - 6;
  const top = data.levels - 1;
  const hours = [];
  for (let hour = 0; hour <= data.hours; hour += SCALE_HOURS) hours.push(hour);
  return [
    ...[0, top / 2, top].map((level) => label(aside, priceAt(data, level) + 6, 'end', level)),
    label(aside, BLOCKS.top + 14, 'end', data.most_blocks),
    label(aside, BLOCKS.bottom, 'end', 0),
    ...hours.map((hour) =>
      label(across(data, hour), VIEW.height - 5, hour === data.hours ? 'end' : 'middle', `${hour} h`),
    ),
  ];
}

/** What stands still: the fields of the prices and of the blocks, and their scales. */
function ground(data) {
  const middle = priceAt(data, (data.levels - 1) / 2);
  const height = BLOCKS.bottom - BLOCKS.top;
  const x = EDGE.left - MARK - 2;
  const width = VIEW.width - x;
  return [
    make('rect', { x, width, height: PRICE.bottom + PRICE.top, class: 'ground' }),
    make('line', { x1: x, x2: VIEW.width, y1: middle, y2: middle, class: 'middle' }),
    make('rect', { x, y: BLOCKS.top, width, height, class: 'ground' }),
    ...scale(data),
  ];
}

/** Everything of a day, each with the hour from which it is to be seen. */
function contents(data, day) {
  const blocks = BLOCKS.bottom - BLOCKS.top;
  const parts = [];
  day.held.forEach((held, hour) => {
    const before = hour ? day.held[hour - 1] : 0;
    const height = (held / data.most_blocks) * blocks;
    const width = across(data, 1) - across(data, 0) - 1;
    const x = across(data, hour) + 0.5;
    const bar = { x, y: BLOCKS.bottom - height, width, height, class: 'block' };
    if (held) parts.push([hour, make('rect', bar)]);
    const line = {
      x1: across(data, hour),
      x2: across(data, hour + 1),
      y1: priceAt(data, day.prices[hour]),
      y2: priceAt(data, day.prices[hour + 1]),
      class: held ? 'price held' : 'price',
    };
    parts.push([hour + 1, make('line', line)]);
    if (held !== before) parts.push([hour, mark(data, hour, day.prices[hour], held > before)]);
  });
  return parts;
}

function panel(memory, name, title) {
  const figure = make('span', { class: 'earned' });
  const ground = make('g', {});
  const drawn = make('g', {});
  const head = make('line', { y1: 4, y2: BLOCKS.bottom, class: 'head' });
  const box = { viewBox: `0 0 ${VIEW.width} ${VIEW.height}`, 'aria-hidden': 'true' };
  memory[name] = { figure, ground, drawn, head };
  return make(
    'div',
    { class: 'day' },
    make('p', { class: 'caption' }, make('span', {}, title), figure),
    make('svg', box, ground, drawn, head),
  );
}

function build(root, memory) {
  memory.days = make(
    'div',
    { class: 'days', role: 'img' },
    panel(memory, 'practised', 'A day of practice'),
    panel(memory, 'fresh', 'A fresh day'),
  );
  const key = (name, text) =>
    make('span', {}, make('i', { class: name, 'aria-hidden': 'true' }), text);
  memory.note = make('p', { class: 'note' });
  memory.foot = make(
    'div',
    { class: 'foot' },
    key('up', 'block bought'),
    key('down', 'block sold'),
    key('thin', 'price in levels'),
    key('thick', 'price while blocks are held'),
    key('dashes', 'middle of the price'),
    key('bar', 'blocks held'),
  );
  show(root, make('div', { class: 'stage' }, memory.days, memory.note, memory.foot));
}

/** Shows both days up to an hour, which may lie between two. */
function standAt(memory, data, hour) {
  for (const name of ['practised', 'fresh']) {
    const { figure, head, parts } = memory[name];
    const day = data[name];
    for (const [from, part] of parts) part.style.display = from <= hour ? '' : 'none';
    head.setAttribute('x1', across(data, hour).toFixed(1));
    head.setAttribute('x2', across(data, hour).toFixed(1));
    head.style.display = parts.length && hour < data.hours ? '' : 'none';
    const done = Math.min(day.earned.length, Math.floor(hour));
    const earned = done ? day.earned[done - 1] : 0;
    figure.textContent = parts.length ? `${signed(earned, 1)} levels` : '';
    figure.classList.toggle('lost', earned < 0);
  }
}

function lay(memory, data) {
  memory.days.setAttribute('aria-label', data.alt);
  for (const name of ['practised', 'fresh']) {
    memory[name].ground.replaceChildren(...ground(data));
    memory[name].parts = contents(data, data[name]);
    memory[name].drawn.replaceChildren(...memory[name].parts.map(([, part]) => part));
  }
}

/** Both days at once, in hours. */
const DAYS = {
  lasts: (data) => (data.fresh.held.length ? data.hours : 0),
  pace: (data) => data.hours / (data.live ? SECONDS.live : SECONDS.still),
  lay,
  standAt,
  sayEnd: (memory, data) => {
    memory.note.textContent = data.note;
  },
};

export default function ({ data: [data], parentElement }) {
  const root = parentElement.querySelector('.root');
  const memory = memoryOf(root);
  if (!memory.days) build(root, memory);
  showFilm(memory, data, DAYS);
  return () => cancelAnimationFrame(memory.frame);
}
