// The lobby: visitors walk from the kiosk to the way that was pressed, and what it makes of it.

const ROOM = { width: 760, height: 252, floor: 206, feet: 236 };
const KIOSK = 74;
const DOOR = { first: 212, apart: 118, width: 66, top: 104 };
const LONGEST_PACE = 240; // milliseconds from one visitor to the next, when there is time
const LONGEST_WALK = 9000; // of all visitors of an update
const ABREAST = 20; // the largest figures for which both tallies fit beside each other over a door
const STEPS = 3; // so many visitors are on their way at once
const STAY = 0.4; // how long a visitor stands at the door, as a share of the walk
const CLOTHES = ['#3c5560', '#7a4ab0', '#3f8f8a', '#8a5a2b', '#56657a', '#a3485c'];
const SKINS = ['#e0b58f', '#b9805a', '#6f452f', '#e9c4a6', '#8d5a3c'];
const TICK = 'M-4 0 l3 3.5 l5.5 -7';
const CROSS = 'M-3.5 -3.5 L3.5 3.5 M3.5 -3.5 L-3.5 3.5';

function doorAt(way) {
  return DOOR.first + way * DOOR.apart;
}

/** A visitor's end, as a shape that needs no colour: a disc with a tick, a frame with a cross. */
function mark(isSettled, size) {
  const frame = isSettled
    ? make('circle', { r: 8, class: 'settled' })
    : make('rect', { x: -7.5, y: -7.5, width: 15, height: 15, rx: 2, class: 'unsettled' });
  const sign = make('path', {
    d: isSettled ? TICK : CROSS,
    class: isSettled ? 'tick' : 'cross',
  });
  return make('g', { transform: `scale(${(size / 16).toFixed(2)})` }, frame, sign);
}

function lobby() {
  const { width, height, floor } = ROOM;
  const face = pipFace('listen', 62);
  face.setAttribute('transform', `translate(${KIOSK - 31} 72)`);
  return [
    make('rect', { width, height: floor, class: 'wall' }),
    make('rect', { y: floor, width, height: height - floor, class: 'floor' }),
    make('rect', { y: 220, width, height: 5, class: 'stripe' }),
    make('line', { x2: width, y1: floor, y2: floor, class: 'skirting' }),
    make('rect', { x: KIOSK - 7, y: 132, width: 14, height: 78, class: 'post' }),
    make('rect', { x: KIOSK - 34, y: 206, width: 68, height: 8, rx: 3, class: 'post' }),
    face,
  ];
}

/** What hangs at a door since the lobby changed: planks across a shut one, a flag on a new one. */
function hung(sign, x, height, size) {
  const middle = x + DOOR.width / 2;
  const plate = (y, name, text) => [
    make('rect', {
      x: middle - size * 1.35,
      y: y - size * 0.72,
      width: size * 2.7,
      height: size * 1.4,
      rx: 4,
      class: name,
    }),
    make(
      'text',
      { x: middle, y: y + size * 0.33, class: 'hung', 'text-anchor': 'middle', 'font-size': size },
      text,
    ),
  ];
  const [left, right] = [x - 2, x + DOOR.width + 2];
  const plank = (from, to) =>
    make('line', { x1: left, y1: DOOR.top + from, x2: right, y2: DOOR.top + to, class: 'plank' });
  if (sign === 'shut') {
    return [plank(54, 76), plank(height - 8, height - 28), plate(DOOR.top + 28, 'plate-shut', 'Shut')];
  }
  return sign === 'new' ? [plate(DOOR.top + 28, 'plate-new', 'New')] : [];
}

function door(way, sign, size) {
  const x = doorAt(way) - DOOR.width / 2;
  const height = ROOM.floor - DOOR.top;
  return [
    make('rect', {
      x: x - 5,
      y: DOOR.top - 5,
      width: DOOR.width + 10,
      height: height + 5,
      rx: 3,
      class: 'door-frame',
    }),
    make('rect', { x, y: DOOR.top, width: DOOR.width, height, class: 'door' }),
    make('rect', {
      x: x + 16,
      y: DOOR.top + 14,
      width: DOOR.width - 32,
      height: 34,
      rx: 3,
      class: sign === 'shut' ? 'door-glass dark' : 'door-glass',
    }),
    hung(sign, x, height, size),
  ].flat(Infinity);
}

/** Where the marks over a door and the figures beside them stand, seen from its middle. */
function placesOver(size) {
  if (size <= ABREAST) {
    return [
      { mark: -36, figure: -24, y: 34 },
      { mark: 22, figure: 34, y: 34 },
    ];
  }
  return [
    { mark: -16, figure: 2, y: 16 },
    { mark: -16, figure: 2, y: 45 },
  ];
}

/** The number over a door, and how many of this update were settled there and how many were not. */
function above(memory, data, size) {
  memory.tallies = data.names.map(() => []);
  const places = placesOver(size);
  return data.names.flatMap((_, way) => {
    const x = doorAt(way);
    const words = (text, dx, y, anchor, name) =>
      make('text', { x: x + dx, y, class: name, 'text-anchor': anchor, 'font-size': size }, text);
    const marks = places.map((at, end) =>
      make('g', { transform: `translate(${x + at.mark} ${at.y})` }, mark(end === 0, size * 0.8)),
    );
    memory.tallies[way] = places.map((at) =>
      words('', at.figure, at.y + size * 0.35, 'start', 'tally'),
    );
    return [
      marks,
      memory.tallies[way],
      make('rect', { x: x - 21, y: 60, width: 42, height: 34, rx: 5, class: 'sign' }),
      words(String(way + 1), 0, 77 + size * 0.36, 'middle', 'sign-number'),
    ];
  });
}

/** A visitor who walks; a pool of them is dressed anew for each that sets out. */
function visitor() {
  const body = make('path', { d: 'M-13 0 v-22 q0 -14 13 -14 t13 14 v22z' });
  const head = make('circle', { cy: -46, r: 10 });
  const end = make('g', { transform: 'translate(0 -68)' });
  const group = make('g', { class: 'visitor' }, body, head, end);
  return { group, body, head, end, index: -1 };
}

function dress(one, index, data) {
  one.index = index;
  one.body.setAttribute('fill', CLOTHES[(index * 5 + data.update) % CLOTHES.length]);
  one.head.setAttribute('fill', SKINS[(index * 3 + data.update) % SKINS.length]);
  one.end.replaceChildren(mark(data.settled[index] === 1, 22));
}

/** Where the values of all ways, and the ends of their doubts, lie between the ends of one track, in percent. */
function scaleOf(data) {
  const ends = data.doubts.flatMap((doubt, way) => [
    data.beliefs[way] - doubt,
    data.beliefs[way] + doubt,
  ]);
  const values = [0, ...data.beliefs, ...ends, ...data.worths];
  const low = Math.min(...values);
  const high = Math.max(...values);
  const room = Math.max(high - low, 1e-9) * 0.08;
  const [from, to] = [low - room, high + room];
  return (value) => {
    const share = (value - from) / Math.max(to - from, 1e-9);
    return Math.min(100, Math.max(0, 100 * share));
  };
}

function stretch(name, from, to) {
  const [left, right] = [Math.min(from, to), Math.max(from, to)];
  return make('i', {
    class: name,
    style: `left:${left.toFixed(2)}%;width:${(right - left).toFixed(2)}%`,
  });
}

function point(name, at) {
  return make('i', { class: name, style: `left:${at.toFixed(2)}%` });
}

/** What the kiosk makes of one way: its belief with its doubt, or how likely it presses it. */
function bar(data, way, at, worths) {
  const parts = [];
  if (!data.beliefs.length && !data.chances.length) return null;
  if (data.beliefs.length) {
    const belief = data.beliefs[way];
    parts.push(stretch('belief', at(0), at(belief)), point('zero', at(0)));
    const doubt = data.doubts[way] || 0;
    if (doubt > 0) parts.push(stretch('doubt', at(belief - doubt), at(belief + doubt)));
    if (worths) parts.push(point('worth', at(data.worths[way])));
  } else {
    parts.push(stretch('chance', 0, 100 * data.chances[way]));
  }
  return make('span', { class: 'track', 'aria-hidden': 'true' }, parts);
}

function said(data, way) {
  if (data.beliefs.length) {
    const doubt = data.doubts.length ? ` \u00b1 ${written(data.doubts[way], 2)}` : '';
    return `${written(data.beliefs[way], 2)}${doubt}`;
  }
  return data.chances.length ? percentText(data.chances[way]) : '';
}

function notice(sign) {
  return sign ? make('span', { class: `notice ${sign}` }, ` ${sign}`) : null;
}

function row(memory, data, way, at) {
  const worths = memory.worths && data.worths.length > 0;
  const count = data.counts[way] || 0;
  return make(
    'li',
    {},
    make('span', { class: 'plate' }, String(way + 1)),
    make('span', { class: 'name' }, data.names[way], notice(data.signs[way])),
    bar(data, way, at, worths),
    make(
      'span',
      { class: 'said' },
      said(data, way),
      worths ? make('span', { class: 'exact' }, ` worth ${written(data.worths[way], 3)}`) : null,
    ),
    make('span', { class: 'count' }, `${count} ${count === 1 ? 'press' : 'presses'}`),
  );
}

/** What the bars say, in words. */
function heading(data) {
  if (data.beliefs.length) return 'What the kiosk believes a press is worth';
  return data.chances.length ? 'How likely the kiosk is to press it' : 'Presses so far';
}

function keyed(shape, text) {
  const picture = { width: 18, height: 18, viewBox: '-9 -9 18 18', 'aria-hidden': 'true' };
  return make('span', {}, make('svg', picture, shape), text);
}

function foot(memory, data, redraw) {
  const switchWorths = () => {
    memory.worths = !memory.worths;
    redraw();
  };
  const parts = [
    keyed(mark(true, 16), 'settled'),
    keyed(mark(false, 16), 'not settled'),
    data.doubts.length
      ? make(
          'span',
          {},
          make('i', { class: 'doubt sample', 'aria-hidden': 'true' }),
          'its doubt',
        )
      : null,
    memory.worths && data.beliefs.length
      ? make('span', {}, make('i', { class: 'worth sample', 'aria-hidden': 'true' }), 'exact worth')
      : null,
  ];
  if (data.worths.length && data.update && !data.live) {
    parts.push(
      make(
        'button',
        {
          type: 'button',
          class: 'switch',
          'aria-pressed': String(Boolean(memory.worths)),
          onclick: switchWorths,
          'data-focus': 'worths',
        },
        'Show exact worths',
      ),
    );
  }
  return parts.filter(Boolean);
}

/** How many of the first visitors of this update were settled at each way, and how many not. */
function count(memory, data, arrived) {
  if (memory.arrived === arrived) return;
  memory.arrived = arrived;
  const settled = data.names.map(() => 0);
  const not = data.names.map(() => 0);
  for (let index = 0; index < arrived; index += 1)
    (data.settled[index] ? settled : not)[data.pressed[index]] += 1;
  memory.tallies.forEach(([yes, no], way) => {
    yes.textContent = settled[way];
    no.textContent = not[way];
  });
  if (arrived >= data.pressed.length) memory.note.replaceChildren(...withFigures(data.note));
  else if (arrived) memory.note.textContent = told(data, arrived - 1);
}

function told(data, index) {
  const end = data.settled[index] ? 'settled' : 'not settled';
  const minutes = written(data.waits[index], 0);
  const way = data.names[data.pressed[index]];
  return `${data.asker} ${index + 1} of ${data.pressed.length}: ${way}, ${end}, waited ${minutes} min`;
}

/** Milliseconds from one visitor to the next, so that all arrive before the next update. */
function paceOf(memory, data) {
  const now = performance.now();
  const measured = memory.changedAt ? now - memory.changedAt : Infinity;
  memory.changedAt = now;
  const guess = measured < 4000 ? measured * 0.9 : LONGEST_WALK;
  const budget = data.seconds === null ? guess : data.seconds * 950;
  return Math.min(LONGEST_PACE, budget / (data.pressed.length + STEPS * (1 + STAY)));
}

function standStill(memory, data) {
  for (const one of memory.pool) one.group.style.display = 'none';
  memory.walking = false;
  count(memory, data, data.pressed.length);
}

/** Who is on the way at a time, given in paces since the first visitor set out. */
function place(memory, data, paces) {
  const last = Math.min(data.pressed.length - 1, Math.floor(paces));
  const first = Math.max(0, Math.ceil(paces - STEPS * (1 + STAY)));
  for (const one of memory.pool) one.group.style.display = 'none';
  for (let index = first; index <= last; index += 1) {
    const one = memory.pool[index % memory.pool.length];
    if (one.index !== index) dress(one, index, data);
    const way = Math.min(1, (paces - index) / STEPS);
    const x = KIOSK + 24 + (doorAt(data.pressed[index]) - KIOSK - 24) * way;
    one.group.style.display = '';
    one.group.setAttribute('transform', `translate(${x.toFixed(1)} ${ROOM.feet})`);
    one.end.style.display = way < 1 ? 'none' : '';
  }
  const arrived = Math.floor(paces - STEPS) + 1;
  count(memory, data, Math.min(data.pressed.length, Math.max(0, arrived)));
}

function walk(memory, data) {
  cancelAnimationFrame(memory.frame);
  memory.arrived = -1;
  for (const one of memory.pool) one.index = -1;
  const pace = paceOf(memory, data);
  if (!data.pressed.length || prefersStillness()) {
    standStill(memory, data);
    return;
  }
  memory.walking = true;
  const begin = performance.now();
  const end = data.pressed.length - 1 + STEPS * (1 + STAY);
  const tick = (now) => {
    const paces = Math.max(0, now - begin) / pace;
    if (paces >= end) {
      standStill(memory, data);
      return;
    }
    place(memory, data, paces);
    memory.frame = requestAnimationFrame(tick);
  };
  tick(begin);
}

function build(root, memory) {
  memory.doors = make('g', {});
  memory.above = make('g', {});
  memory.pool = Array.from({ length: Math.ceil(STEPS * (1 + STAY)) + 1 }, visitor);
  for (const one of memory.pool) one.group.style.display = 'none';
  memory.picture = make(
    'svg',
    { role: 'img', viewBox: `0 0 ${ROOM.width} ${ROOM.height}` },
    lobby(),
    memory.doors,
    memory.above,
    memory.pool.map((one) => one.group),
  );
  memory.note = make('p', { class: 'note' });
  memory.heading = make('p', { class: 'heading' });
  memory.ways = make('ul', { class: 'ways' });
  memory.foot = make('div', { class: 'foot' });
  const below = [memory.note, memory.heading, memory.ways, memory.foot];
  show(root, make('div', { class: 'stage' }, memory.picture, below));
}

function redraw(root, memory, data) {
  const held = root.getRootNode().activeElement?.dataset?.focus;
  const perPixel = ROOM.width / Math.max(1, memory.picture.clientWidth);
  if (data.live || !data.update) memory.worths = false;
  memory.picture.setAttribute('aria-label', data.alt);
  const size = Math.max(18, 12.5 * perPixel);
  memory.doors.replaceChildren(
    ...data.names.flatMap((_, way) => door(way, data.signs[way], size)),
  );
  memory.above.replaceChildren(...above(memory, data, size).flat(Infinity));
  memory.heading.textContent = heading(data);
  const at = scaleOf(data);
  memory.ways.replaceChildren(...data.names.map((_, way) => row(memory, data, way, at)));
  memory.foot.replaceChildren(...foot(memory, data, () => redraw(root, memory, data)));
  if (held === 'worths') memory.foot.querySelector('.switch')?.focus();
  const arrived = Math.max(0, memory.arrived ?? 0);
  memory.arrived = -1;
  count(memory, data, memory.walking ? arrived : data.pressed.length);
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
    const round = `${data.update}:${data.pressed.join()}:${data.settled.join()}`;
    if (memory.round !== round) {
      memory.round = round;
      walk(memory, data);
    }
  }
  memory.unwatch?.();
  memory.unwatch = watchWidth(memory.picture, () => redraw(root, memory, data));
  return () => {
    cancelAnimationFrame(memory.frame);
    memory.unwatch();
  };
}
