// The hospital as a ladder: a row and a button for each floor, the lift in its shaft, the roof.

// One drawn sign for each floor, 40 x 26: paths, or rings [x, y, filled].
const SIGNS = {
  0: [
    'M8 23 V5 q0 -2 2 -2 h20 q2 0 2 2 V23',
    'M4 23 H36',
    'M20 3 V23',
    [16.5, 14, true],
    [23.5, 14, true],
  ],
  1: [
    [6, 13],
    [13, 13],
    [20, 13],
    [27, 13, true],
    [34, 13],
  ],
  2: ['M6 20 H18 V8 H34', 'M30 4 l5 4 -5 4'],
  3: ['M4 20 H36', 'M8 20 V9 h9 v11 M23 20 V5 h9 v15'],
  4: ['M20 22 L27 5', 'M10 22 H30', 'M22 5 h10'],
  5: ['M5 21 h8 v-5 h8 v-5 h8 v-5 h6'],
  6: ['M20 21 C6 12 10 4 16 5 q3 .5 4 4 q1 -3.500 4 -4 c6 -1 10 7 -4 16z'],
  7: ['M5 20 C16 20 22 6 35 6', 'M5 6 h6 M5 20 h2'],
  8: ['M8 6 h14 M8 13 h10 M8 20 h6', 'M24 16 l4 4 8 -11'],
  9: ['M16 4 v18 M26 4 v18 M9 10 h24 M9 17 h24'],
  10: ['M10 8 q10 -8 20 0 M30 18 q-10 8 -20 0', 'M30 3 v6 h-6 M10 23 v-6 h6'],
};
const FIGURES = [
  [10, 26],
  [13, 24],
  [8, 28],
  [12, 22],
  [9, 25],
  [11, 27],
];
const TOWN = [
  [300, 40, 46],
  [352, 26, 34],
  [392, 46, 60],
  [470, 34, 40],
  [516, 50, 70],
  [600, 38, 36],
  [642, 22, 44],
  [694, 44, 66],
];
// What has been animated in this browser, so that a rerun of the page does not play it again.
const PLAYED = new Set();

function sign(level, bright) {
  const tone = bright ? 'sign-line' : 'sign-line dim';
  return make(
    'g',
    { transform: 'translate(1 6)' },
    SIGNS[level].map((part) =>
      typeof part === 'string'
        ? make('path', { d: part, class: tone })
        : make('circle', {
            cx: part[0],
            cy: part[1],
            r: part[2] ? 1.8 : 2.6,
            class: tone + (part[2] ? ' full' : ''),
          }),
    ),
  );
}

function somebody(x, width, level, index) {
  const [across, height] = FIGURES[(index + level) % FIGURES.length];
  const cx = x + (across * width) / 22;
  return make(
    'g',
    { class: 'somebody' },
    make('circle', { cx, cy: height - 7, r: 3.4 }),
    make('path', { d: `M${cx - 6} 32 v${height - 32} q0 -5 6 -5 t6 5 v${32 - height}z` }),
  );
}

function floorPicture(floor, room, fresh) {
  const picture = make(
    'svg',
    { width: room, height: 38, viewBox: `0 0 ${room} 38`, 'aria-hidden': 'true' },
    sign(floor.level, floor.state === 'mastered' || floor.state === 'current'),
  );
  const count = Math.max(1, floor.windows);
  const width = Math.min(36, (room - 56 - (count - 1) * 5) / count);
  for (let index = 0; index < floor.windows; index += 1) {
    const x = 56 + index * (width + 5);
    const lit = index < floor.lit;
    const justLit = fresh && lit && index >= floor.lit - floor.newly_lit;
    picture.append(
      make('rect', {
        x,
        y: 6,
        width,
        height: 26,
        rx: 2.5,
        class: `pane ${lit ? 'lit' : ''} ${justLit ? 'just-lit' : ''}`,
      }),
    );
    if (lit) picture.append(somebody(x, width, floor.level, index));
  }
  return picture;
}

function skyline(lit) {
  return make(
    'svg',
    { viewBox: '0 0 760 74', class: 'sky', 'aria-hidden': 'true' },
    TOWN.map(([x, y, width]) => make('rect', { x, y, width, height: 74 - y, class: 'town' })),
    make('line', { x1: 29, y1: 30, x2: 29, y2: 74, class: 'mast' }),
    make('line', { x1: 18, y1: 74, x2: 29, y2: 48, class: 'mast thin' }),
    make('line', { x1: 40, y1: 74, x2: 29, y2: 48, class: 'mast thin' }),
    lit ? make('circle', { cx: 29, cy: 22, r: 20, class: 'beacon-halo' }) : null,
    make('circle', { cx: 29, cy: 22, r: 9, class: lit ? 'beacon lit' : 'beacon' }),
  );
}

function roof(data, pick) {
  return [
    make('div', { class: 'shaft top', 'aria-hidden': 'true' }, make('span', {}, '\u2691')),
    make(
      'button',
      { type: 'button', class: 'row roof', 'data-focus': 'roof', onclick: () => pick(data.level) },
      make(
        'span',
        { class: 'words' },
        make('span', { class: 'name' }, data.title),
        make('span', { class: 'sub' }, data.subtitle),
      ),
      make('span', { class: 'status' }, data.status),
    ),
  ];
}

function floorRow(floor, room, fresh, pick) {
  const here = floor.state === 'current';
  return [
    make(
      'div',
      { class: `shaft ${floor.state}`, 'aria-hidden': 'true', 'data-level': floor.level },
      make('span', {}, floor.level),
    ),
    make(
      'button',
      {
        type: 'button',
        class: `row ${floor.state}`,
        'data-focus': `floor-${floor.level}`,
        'aria-current': here ? 'step' : null,
        onclick: () => pick(floor.level),
      },
      floorPicture(floor, room, fresh),
      make(
        'span',
        { class: 'words' },
        make(
          'span',
          { class: 'name' },
          make('span', { class: 'hidden' }, `Level ${floor.level}: `),
          floor.title,
        ),
        make('span', { class: 'sub' }, floor.subtitle),
      ),
      make('span', { class: 'status' }, floor.status),
    ),
  ];
}

/** Puts the lift beside the current floor; slides it there from another floor, once. */
function placeLift(house, lift, from, slide) {
  const here = house.querySelector('.shaft.current');
  lift.hidden = !here;
  if (!here) return;
  const place = (cell) => {
    lift.style.top = `${cell.offsetTop + 5}px`;
    lift.style.height = `${cell.offsetHeight - 10}px`;
  };
  const start =
    slide && !prefersStillness() ? house.querySelector(`.shaft[data-level="${from}"]`) : null;
  lift.classList.remove('sliding');
  if (start && start !== here) {
    place(start);
    lift.getBoundingClientRect(); // the browser must draw the start before the slide
    lift.classList.add('sliding');
  }
  place(here);
  lift.textContent = here.textContent;
}

export default function ({ data: [data], parentElement, setTriggerValue }) {
  const root = parentElement.querySelector('.root');
  const memory = memoryOf(root);
  const pick = (level) => setTriggerValue('pick', level);
  const story = JSON.stringify([
    data.lift_from,
    data.floors.map((floor) => [floor.state, floor.lit, floor.newly_lit]),
  ]);
  const fresh = !PLAYED.has(story);
  PLAYED.add(story);
  const lift = make('div', { class: 'lift', 'aria-hidden': 'true' });
  // The pictures are as wide as the floor with the most windows needs them.
  const most = Math.max(1, ...data.floors.map((floor) => floor.windows));
  const room = Math.min(172, 56 + most * 41);
  const house = make(
    'div',
    { class: 'house', style: `--picture:${room}px` },
    skyline(data.roof.lit),
    roof(data.roof, pick),
    [...data.floors].reverse().map((floor) => floorRow(floor, room, fresh, pick)),
    make('div', { class: 'ground' }, data.ground),
    lift,
  );
  show(root, house);
  memory.unwatch?.();
  placeLift(house, lift, data.lift_from, fresh && data.lift_from !== null);
  let first = true;
  memory.unwatch = watchWidth(house, () => {
    if (!first) placeLift(house, lift, null, false);
    first = false;
  });
  return () => memory.unwatch();
}
