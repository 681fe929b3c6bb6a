// The map of the corridor: visits, best actions or values, and the robot driving its trail.

const STEP = 120; // milliseconds for one cell, when there is time
const LONGEST_DRIVE = 12000;
const HALO = 10;
const PULSE = 5; // by which the halo grows and shrinks again during a step in which the robot stays
const ARROWS = {
  u: 'M0 8 V-8 M-5 -3 L0 -8 L5 -3',
  d: 'M0 -8 V8 M-5 3 L0 8 L5 3',
  l: 'M8 0 H-8 M-3 -5 L-8 0 L-3 5',
  r: 'M-8 0 H8 M3 -5 L8 0 L3 5',
};
const LARGER = 'scale(1.4)'; // a setting's signs are drawn for the walls of rooms
const ICONS = {
  P: ['pad', 'M3 -18 l-12 20 h10 l-4 16 13 -21 h-10z'],
  C: ['spill', 'M-20 -7 q5 -6 10 0 t10 0 t10 0 t10 0 M-20 9 q5 -6 10 0 t10 0 t10 0 t10 0'],
  '^': ['tile-arrow', 'M-13 4 L0 -9 L13 4 M-13 15 L0 2 L13 15'],
  v: ['tile-arrow', 'M-13 -4 L0 9 L13 -4 M-13 -15 L0 -2 L13 -15'],
  '<': ['tile-arrow', 'M4 -13 L-9 0 L4 13 M15 -13 L2 0 L15 13'],
  '>': ['tile-arrow', 'M-4 -13 L9 0 L-4 13 M-15 -13 L-2 0 L-15 13'],
};

function centre(cell, columns) {
  return [(cell % columns) * CELL + CELL / 2, Math.floor(cell / columns) * CELL + CELL / 2];
}

/** What a letter of a map is drawn as: its class, and its line in map units. */
function iconOf(letter) {
  if (letter === 'G') return ['goal', DRAWINGS.goal, LARGER];
  if (letter === 'S') return ['home', DRAWINGS.start, LARGER];
  return ICONS[letter];
}

function icon(letter) {
  const [name, d, transform] = iconOf(letter);
  return [
    make('rect', { x: -27, y: -27, width: 54, height: 54, rx: 9, class: name }),
    make('path', { d, transform, class: `${name}-icon` }),
  ];
}

function cellParts(data, index, most, values) {
  const columns = data.rows[0].length;
  const [x, y] = centre(index, columns);
  const letter = data.rows[Math.floor(index / columns)][index % columns];
  if (letter === '#') return null;
  const share = most ? ((data.visits[index] || 0) / most) ** 0.6 : 0;
  const corner = { x: x - CELL / 2, y: y - CELL / 2, width: CELL, height: CELL };
  const arrow = ARROWS[data.actions[index]];
  return [
    make('rect', { ...corner, class: 'tile' }),
    share
      ? make('rect', { ...corner, class: 'visited', opacity: (0.04 + share * 0.4).toFixed(3) })
      : null,
    make('rect', { ...corner, class: 'joint' }),
    arrow && letter === '.' && !values
      ? make('path', { d: arrow, transform: `translate(${x} ${y})`, class: 'arrow' })
      : null,
  ];
}

/** The signs of the places stand over the trail, under the robot. */
function signs(data, faint) {
  const columns = data.rows[0].length;
  return [...data.rows.join('')].map((letter, cell) => {
    if (!iconOf(letter)) return null;
    const [x, y] = centre(cell, columns);
    return make(
      'g',
      { transform: `translate(${x} ${y})`, class: faint ? 'faint' : null },
      icon(letter),
    );
  });
}

/** The best action value of every cell that is not wall. */
function numbers(data, size) {
  const columns = data.rows[0].length;
  return data.values
    .map((value, cell) => {
      if (data.rows[Math.floor(cell / columns)][cell % columns] === '#') return null;
      const [x, y] = centre(cell, columns);
      return make(
        'text',
        { x, y: y + size * 0.35, class: 'value', 'font-size': size },
        written(value, 1),
      );
    })
    .filter(Boolean);
}

function drawFloor(memory, data, width) {
  const columns = data.rows[0].length;
  const perPixel = (columns * CELL) / Math.max(1, width);
  const size = Math.max(19, 13 * perPixel);
  const most = Math.max(0, ...data.visits);
  const cells = columns * data.rows.length;
  const values = memory.values && data.values.length === cells;
  const valueSize = Math.min(24, Math.max(17, 12 * perPixel));
  memory.floor.replaceChildren(
    ...Array.from({ length: cells }, (_, index) => cellParts(data, index, most, values))
      .flat(2)
      .filter(Boolean),
  );
  memory.places.replaceChildren(...signs(data, values).filter(Boolean));
  const paid = amountTexts(data.amounts, columns, CELL, Math.max(15, 11 * perPixel));
  memory.numbers.replaceChildren(...(values ? numbers(data, valueSize) : paid));
  memory.picture.classList.toggle('with-values', Boolean(values));
  memory.placed = placeNames(data.rows, data.places, size);
  memory.names.replaceChildren(
    ...memory.placed.map((name) =>
      make(
        'text',
        {
          x: name.x,
          y: name.y + size * 0.2,
          class: 'place',
          'text-anchor': name.anchor,
          'font-size': size,
        },
        name.text,
      ),
    ),
  );
}

function robot(halo) {
  return make(
    'g',
    { class: 'cart' },
    make('circle', { cx: -13, cy: 19, r: 5, class: 'wheel' }),
    make('circle', { cx: 13, cy: 19, r: 5, class: 'wheel' }),
    make('rect', { x: -21, y: -20, width: 42, height: 37, rx: 10, class: 'body' }),
    halo,
    make('circle', { cx: 0, cy: -3, r: 5.5, class: 'pip-lamp' }),
  );
}

function swatches() {
  return make(
    'span',
    { class: 'swatches', 'aria-hidden': 'true' },
    [0.04, 0.14, 0.24, 0.34, 0.44].map((opacity) =>
      make('i', {}, make('i', { style: `opacity:${opacity}` })),
    ),
  );
}

function placeKey(letter, text) {
  return make(
    'span',
    {},
    make(
      'svg',
      { width: 20, height: 20, viewBox: '-30 -30 60 60', 'aria-hidden': 'true' },
      icon(letter),
    ),
    text,
  );
}

function foot(memory, data, redraw) {
  const named = memory.placed.map((name) => name.letter);
  const shown = Object.keys(ICONS).filter(
    (letter) =>
      data.places[letter] &&
      !named.includes(letter) &&
      data.rows.some((row) => row.includes(letter)),
  );
  const words = shown.map((letter) => data.places[letter]);
  const letters = shown.filter((letter, index) => words.indexOf(data.places[letter]) === index);
  const switchValues = () => {
    memory.values = !memory.values;
    redraw();
  };
  return [
    data.note ? make('span', { class: 'note' }, withFigures(data.note)) : null,
    letters.map((letter) => placeKey(letter, data.places[letter])),
    data.visits.length ? make('span', {}, data.visits_label, swatches(), 'few to many') : null,
    data.actions.trim() && !memory.values ? make('span', {}, 'Arrows: best action it knows') : null,
    data.amounts.length && !memory.values ? make('span', {}, 'Numbers: painted on a cell') : null,
    data.trail.length
      ? make('span', {}, make('i', { class: 'line', 'aria-hidden': 'true' }), data.trail_label)
      : null,
    data.values.length
      ? make(
          'button',
          {
            type: 'button',
            class: 'switch',
            'aria-pressed': String(Boolean(memory.values)),
            onclick: switchValues,
            'data-focus': 'values',
          },
          'Show values',
        )
      : null,
  ]
    .flat()
    .filter(Boolean);
}

function standAt(memory, x, y) {
  memory.cart.setAttribute('transform', `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
}

/** One pulse for every step in which the robot stays where it is, so that they can be counted. */
function pulse(memory, stays, part) {
  memory.halo.setAttribute('r', (HALO + (stays ? PULSE * Math.sin(Math.PI * part) : 0)).toFixed(2));
}

/** The cells of a trail with the start after every spill, from where the next step sets out. */
function withReturns(data) {
  const signs = data.rows.join('');
  const start = signs.indexOf('S');
  return data.trail.flatMap((cell, index) =>
    signs[cell] === 'C' && index < data.trail.length - 1 ? [cell, start] : [cell],
  );
}

/** Whether the robot is carried from one point to the next: no line is drawn. */
function isCarried([x, y], [toX, toY]) {
  return Math.abs(toX - x) + Math.abs(toY - y) > CELL;
}

function driven(memory, points, last, extra) {
  const walked = points.slice(0, last + 1).concat(extra ? [extra] : []);
  const text = walked
    .map((point, index) => {
      const command = !index || isCarried(walked[index - 1], point) ? 'M' : 'L';
      return `${command}${point[0].toFixed(1)} ${point[1].toFixed(1)}`;
    })
    .join(' ');
  memory.trail.setAttribute('d', text);
  memory.dots.setAttribute('d', text);
}

/** Milliseconds a cell, so that the whole trail fits before the next update arrives. */
function stepTime(memory, data) {
  const now = performance.now();
  const measured = memory.changedAt ? now - memory.changedAt : Infinity;
  memory.changedAt = now;
  const guess = measured < 4000 ? measured * 0.9 : LONGEST_DRIVE;
  const budget = data.seconds === null ? guess : data.seconds * 950;
  return Math.min(STEP, budget / Math.max(1, data.trail.length - 1));
}

function drive(memory, data) {
  cancelAnimationFrame(memory.frame);
  const columns = data.rows[0].length;
  const points = withReturns(data).map((cell) => centre(cell, columns));
  const last = points.length - 1;
  const start = data.rows.join('').indexOf('S');
  memory.cart.style.display = last >= 0 || start >= 0 ? '' : 'none';
  if (last < 0 || prefersStillness()) {
    driven(memory, points, last);
    const [x, y] = last >= 0 ? points[last] : centre(Math.max(0, start), columns);
    standAt(memory, x, y);
    pulse(memory, false, 0);
    placeMovers(memory, data, Math.max(0, last), 0);
    placeDirt(memory, data, Math.max(0, last));
    markEnd(memory, data, true);
    return;
  }
  const pace = stepTime(memory, data);
  const begin = performance.now();
  const tick = (now) => {
    const way = Math.max(0, now - begin) / pace;
    const index = Math.min(last, Math.floor(way));
    const [x, y] = points[index];
    const [toX, toY] = points[Math.min(last, index + 1)];
    const jump = isCarried([x, y], [toX, toY]);
    const part = jump || index === last ? 0 : way - index;
    const here = [x + (toX - x) * part, y + (toY - y) * part];
    standAt(memory, ...here);
    pulse(memory, index < last && x === toX && y === toY, part);
    placeMovers(memory, data, index, index === last ? 0 : way - index);
    placeDirt(memory, data, index);
    markEnd(memory, data, index === last);
    driven(memory, points, index, here);
    if (index < last) memory.frame = requestAnimationFrame(tick);
  };
  tick(begin);
}

function build(root, memory) {
  memory.floor = make('g', {});
  memory.trail = make('path', { class: 'trail' });
  memory.dots = make('path', { class: 'trail-dots' });
  memory.places = make('g', {});
  memory.numbers = make('g', {});
  memory.names = make('g', {});
  memory.halo = make('circle', { cx: 0, cy: -3, r: HALO, class: 'pip-halo' });
  memory.cart = robot(memory.halo);
  memory.movers = make('g', {});
  memory.dirt = make('g', {});
  memory.loads = make('g', {});
  memory.cart.append(memory.loads);
  memory.crash = crashMark();
  memory.wall = make('rect', { class: 'masonry', rx: 8 });
  memory.picture = make(
    'svg',
    { role: 'img' },
    memory.wall,
    memory.floor,
    memory.trail,
    memory.dots,
    memory.places,
    memory.dirt,
    memory.crash,
    memory.movers,
    memory.numbers,
    memory.cart,
    memory.names,
  );
  memory.foot = make('div', { class: 'foot' });
  show(root, make('div', { class: 'stage' }, memory.picture, memory.foot));
}

function redraw(root, memory, data) {
  const columns = data.rows[0].length;
  const held = root.getRootNode().activeElement?.dataset?.focus;
  memory.picture.setAttribute('viewBox', `0 0 ${columns * CELL} ${data.rows.length * CELL}`);
  memory.picture.setAttribute('aria-label', data.alt);
  memory.picture.style.maxWidth = `${columns * CELL}px`;
  memory.wall.setAttribute('width', columns * CELL);
  memory.wall.setAttribute('height', data.rows.length * CELL);
  drawFloor(memory, data, memory.picture.clientWidth);
  memory.foot.replaceChildren(...foot(memory, data, () => redraw(root, memory, data)));
  if (held === 'values') memory.foot.querySelector('.switch')?.focus();
}

export default function ({ data: [data], parentElement }) {
  const root = parentElement.querySelector('.root');
  furnish(root, data);
  const memory = memoryOf(root);
  if (!memory.picture) build(root, memory);
  const shown = JSON.stringify(data);
  if (memory.shown !== shown) {
    memory.shown = shown;
    redraw(root, memory, data);
    drawMovers(memory, data);
    const moved = `${data.movers.join(';')}:${data.dirt.join(';')}`;
    const trail = `${data.update}:${data.rows.join('')}:${data.trail.join()}:${moved}`;
    if (memory.driving !== trail) {
      memory.driving = trail;
      buildDirt(memory, data);
      drive(memory, data);
    }
  }
  memory.unwatch?.();
  memory.unwatch = watchWidth(memory.picture, () => redraw(root, memory, data));
  return () => {
    cancelAnimationFrame(memory.frame);
    memory.unwatch();
  };
}
