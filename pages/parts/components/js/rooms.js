// The rooms of the house, on a sheet of 760 x 248: flat shapes, no outlines, no perspective.

function shape(tag, className, attributes) {
  return make(tag, { class: className, ...attributes });
}

function box(className, x, y, width, height, rx) {
  return shape('rect', className, { x, y, width, height, rx });
}

function room(night) {
  const at = night ? ' night' : '';
  return [
    box(`wall${at}`, 0, 0, 760, 248),
    box(`floor${at}`, 0, 206, 760, 42),
    box('stripe', 0, 226, 760, 5),
    shape('line', `skirting${at}`, { x1: 0, y1: 206, x2: 760, y2: 206 }),
  ];
}

/** A hanging lamp and its cone down to y 212, over what matters. */
function lampOver(x, y, width) {
  return [
    shape('path', 'cone', {
      d: `M${x - width * 0.28} ${y} L${x - width} ${y + 190} H${x + width} L${x + width * 0.28} ${y}z`,
    }),
    shape('path', 'fixture', {
      d: `M${x - width * 0.3} ${y} q${width * 0.3} -${width * 0.42} ${width * 0.6} 0z`,
    }),
    shape('line', 'cord', { x1: x, y1: 0, x2: x, y2: y - width * 0.16 }),
  ];
}

function wallText(x, y, text, anchor) {
  return make('text', { x, y, class: 'sign-text', 'text-anchor': anchor || 'start' }, text);
}

function directions(x, y, rows) {
  return make(
    'g',
    {},
    box('sign', x, y, 150, 18 + rows.length * 22, 5),
    rows.map(([room_, floor], row) => [
      wallText(x + 14, y + 25 + row * 22, room_),
      wallText(x + 136, y + 25 + row * 22, floor, 'end'),
    ]),
  );
}

function plant(x, y) {
  const leaves = [
    [-26, -58],
    [-12, -74],
    [6, -80],
    [22, -62],
    [32, -44],
  ];
  return make(
    'g',
    {},
    shape('path', 'pot', { d: `M${x - 12} ${y - 24} h24 l-4 24 h-16z` }),
    leaves.map(([dx, dy]) =>
      shape('path', 'leaf', {
        d: `M${x} ${y - 24} Q${x + dx * 0.2} ${y + dy} ${x + dx} ${y + dy} Q${x + dx * 0.9} ${y + dy * 0.6} ${x} ${y - 24}z`,
      }),
    ),
  );
}

function nightWindow(x, y) {
  return [
    box('glass', x, y, 112, 84, 4),
    box('city', x + 12, y + 44, 18, 40),
    box('city', x + 36, y + 28, 22, 56),
    box('city', x + 66, y + 50, 30, 34),
    box('city-lamp', x + 41, y + 38, 5, 6),
    box('city-lamp', x + 74, y + 60, 5, 6),
    box('city-lamp', x + 84, y + 70, 5, 6),
    shape('line', 'mullion', { x1: x + 56, y1: y, x2: x + 56, y2: y + 84 }),
    box('frame', x, y, 112, 84, 4),
  ];
}

/** Pip at the reception desk, centred on x. */
function kiosk(x, mood) {
  const face = pipFace(mood, 86);
  face.setAttribute('transform', `translate(${x - 43} 46)`);
  return [
    box('counter', x - 88, 170, 176, 44),
    box('counter-top', x - 100, 160, 200, 11, 4),
    box('post', x - 8, 128, 16, 34),
    box('post', x - 30, 156, 60, 6, 3),
    face,
  ];
}

// Where words float about Pip's face: side, distance from the face, height.
const AIR = [
  [-1, 6, 64],
  [1, 8, 38],
  [-1, 4, 112],
  [1, 18, 88],
  [1, 96, 60],
  [1, 94, 112],
];
const HALF_FACE = 44;

/** Words that float about Pip, none beyond the edge; a small picture needs larger ones. */
function bubblesAbout(x, data) {
  const { bubbles: words, small } = data;
  const size = small ? 18 : 13;
  const edge = 4 + (small ? parseFloat(heartOf(data)) : 0);
  return words.slice(0, AIR.length).map((word, index) => {
    const [side, gap, y] = AIR[index];
    const width = size * (1.5 + String(word).length * 0.58);
    const wanted = x + side * (HALF_FACE + gap * (small ? 1.2 : 1) + width / 2);
    const middle = Math.max(wanted, edge + width / 2);
    return make(
      'g',
      {},
      box('bubble', middle - width / 2, y - size, width, size * 2, size),
      make(
        'text',
        {
          x: middle,
          y: y + size * 0.34,
          class: 'bubble-text',
          'font-size': size,
          'text-anchor': 'middle',
        },
        word,
      ),
    );
  });
}

function door(x, y, width) {
  return [
    box('door-frame', x - 5, y - 5, width + 10, 206 - y + 5, 3),
    box('door', x, y, width, 206 - y),
    box('door-glass', x + width * 0.26, y + 16, width * 0.48, 36, 3),
    shape('circle', 'handle', { cx: x + width - 11, cy: y + 76, r: 3.5 }),
  ];
}

/** A sign that hangs over a door or a plate, with a drawing in it and, where it is legible, a name. */
function hangingSign(x, y, className, drawing, name) {
  const width = name ? 62 + name.length * 7.6 : 46;
  return make(
    'g',
    { transform: `translate(${x - width / 2} ${y})` },
    box('sign', 0, 0, width, 38, 5),
    make('path', { d: drawing, transform: 'translate(24 19)', class: className }),
    name ? wallText(46, 24, name) : null,
  );
}

const SIGN_BOLT = 'M2 -11 l-8 12 h6 l-3 10 9 -14 h-6z';

function robot(x, y, carrying) {
  return make(
    'g',
    { transform: `translate(${x} ${y}) scale(1.7)` },
    shape('circle', 'wheel', { cx: -13, cy: -5, r: 5.5 }),
    shape('circle', 'wheel', { cx: 13, cy: -5, r: 5.5 }),
    box('robot', -21, -43, 42, 37, 10),
    shape('circle', 'pip-halo', { cx: 0, cy: -26, r: 10 }),
    shape('circle', 'pip-lamp', { cx: 0, cy: -26, r: 5.5 }),
    carrying ? parcel(0, -43) : null,
  );
}

function parcel(x, y) {
  return make(
    'g',
    { transform: `translate(${x} ${y})` },
    box('parcel', -10, -13, 20, 13, 2),
    make('path', { d: DRAWINGS.parcel, transform: 'translate(0 -6.5)', class: 'parcel-mark' }),
  );
}

function pad(x) {
  return [
    box('pad-plate', x - 62, 213, 124, 9, 4),
    box('pad-post', x - 86, 142, 26, 72, 5),
    make('path', { d: SIGN_BOLT, transform: `translate(${x - 73} 166)`, class: 'bolt' }),
  ];
}

const LAMPS = [168, 270, 372, 474, 566];

/** A lamp that is off: at night the light follows the robot. */
function darkLamp(x) {
  return [
    shape('path', 'fixture', { d: `M${x - 22} 22 q22 -31 44 0z` }),
    shape('line', 'cord', { x1: x, y1: 0, x2: x, y2: 10 }),
  ];
}

const ROBOT_X = { pharmacy: 168, pad: 372, way: 474, ward: 566 };

function corridor(data) {
  const place = data.robot_at || 'pad';
  const light = place === 'none' ? ROBOT_X.pad : ROBOT_X[place];
  const name = (text) => (data.small ? null : text);
  return [
    room(true),
    LAMPS.map((x) => (Math.abs(x - light) > 60 ? darkLamp(x) : null)),
    shape('line', 'handrail', { x1: 126, y1: 158, x2: 640, y2: 158 }),
    data.small ? null : nightWindow(196, 52),
    lampOver(light, 22, 74),
    door(34, 76, 76),
    door(650, 76, 76),
    hangingSign(data.small ? 72 : 88, 24, 'sign-ink', DRAWINGS.start, name(data.names.pharmacy)),
    hangingSign(data.small ? 688 : 676, 24, 'sign-goal', DRAWINGS.goal, name(data.names.ward)),
    pad(ROBOT_X.pad),
    place === 'none' ? null : robot(light, place === 'pad' ? 214 : 222, true),
  ];
}

/** Somebody asleep, in a bed or on what the setting has instead. */
function sleeper(x) {
  return [
    built(RESTS[DRAWINGS.rest](x)),
    box('mattress', x + 4, 172, 118, 19, 6),
    box('pillow', x + 7, 160, 40, 14, 7),
    shape('circle', 'sleeper', { cx: x + 33, cy: 155, r: 12 }),
    shape('path', 'sleeper-hair', {
      d: `M${x + 25} 164 a12 12 0 0 1 11 -21 q-9 3 -8 13 q.500 5 -3 8z`,
    }),
    shape('path', 'blanket', { d: `M${x + 42} 191 v-16 q1 -9 14 -10 l52 -1 q14 1 14 14 v13z` }),
  ];
}

function clock(x, y) {
  return make(
    'g',
    {},
    shape('circle', 'clock', { cx: x, cy: y, r: 21 }),
    shape('path', 'clock-hand', { d: `M${x} ${y - 13} V${y} L${x + 9} ${y + 5}` }),
  );
}

function ward(data) {
  const arrived = data.robot_at === 'ward';
  return [
    room(true),
    data.small ? null : nightWindow(DRAWINGS.rest === 'bunk' ? 204 : 44, 40),
    sleeper(36),
    lampOver(452, 22, 76),
    clock(352, 62),
    person('nurse', 452, 214, 1.5),
    box('counter', 376, 168, 152, 46),
    box('counter-top', 364, 158, 176, 11, 4),
    arrived
      ? make('g', { transform: 'translate(506 158) scale(1.5)' }, parcel(0, 0))
      : box('tray', 484, 153, 42, 5, 2),
    door(650, 76, 76),
    hangingSign(data.small ? 688 : 676, 24, 'sign-goal', DRAWINGS.goal, data.small ? null : data.names.ward),
    arrived ? robot(594, 222, false) : null,
  ];
}

function desk(data) {
  return [
    room(false),
    data.small ? null : [nightWindow(30, 34), directions(166, 34, data.signs)],
    lampOver(430, 22, 60),
    kiosk(430, data.mood || 'idle'),
    bubblesAbout(430, data),
    plant(716, 214),
    person('ruth', 300, 262, 1.5),
    person('noor', 574, 262, 1.5),
    person('adeyemi', 652, 262, 1.58),
  ];
}

function queue(data) {
  return [
    room(false),
    data.small ? null : directions(24, 34, data.signs),
    lampOver(300, 22, 60),
    kiosk(300, data.mood || 'over'),
    person('adeyemi', 690, 262, 1.58),
    person('noor', 616, 262, 1.46),
    person('kenji', 540, 262, 1.5),
    person('ruth', 464, 262, 1.46),
    bubblesAbout(300, data),
  ];
}

/** Its tray leans by so many degrees, or lies on the floor beside it. */
function trayCart(x, lean, fallen) {
  const tray = [
    box('tray-pole', -3, -96, 6, 96),
    shape('path', 'dish', { d: 'M-21 -100 a15 15 0 0 1 30 0z' }),
    box('dish', 13, -111, 10, 11, 2),
    box('tray-pole', -32, -100, 64, 6, 3),
  ];
  const where = fallen ? 'translate(112 32) rotate(88)' : `translate(0 -8) rotate(${lean})`;
  return make(
    'g',
    { transform: `translate(${x} 186)` },
    make('g', { transform: where }, tray),
    shape('circle', 'wheel', { cx: -18, cy: 28, r: 8 }),
    shape('circle', 'wheel', { cx: 18, cy: 28, r: 8 }),
    box('robot', -32, -10, 64, 36, 10),
    shape('circle', 'pip-halo', { cx: 0, cy: 8, r: 11 }),
    shape('circle', 'pip-lamp', { cx: 0, cy: 8, r: 6 }),
  );
}

/** The tray cart under its lamp, and who stands about it. */
function underTheHouse(data, cart, people) {
  return [
    room(true),
    [120, 680].map(darkLamp),
    data.small ? null : shape('line', 'handrail', { x1: 126, y1: 158, x2: 640, y2: 158 }),
    lampOver(cart.x, 22, 74),
    door(34, 76, 76),
    trayCart(cart.x, cart.lean, cart.fallen),
    person('kenji', people.kenji, 262, 1.5),
    person('noor', people.noor, 262, 1.46),
    person('adeyemi', people.adeyemi, 262, 1.58),
  ];
}

function basement(data) {
  return underTheHouse(data, { x: 430, lean: -5 }, { kenji: 316, noor: 566, adeyemi: 652 });
}

function spill(data) {
  return underTheHouse(data, { x: 372, fallen: true }, { kenji: 280, noor: 606, adeyemi: 690 });
}

/** The courier stopped on its way, and what it carried lies on the floor. */
function dropped(data) {
  return [
    room(true),
    [120, 680].map(darkLamp),
    data.small ? null : shape('line', 'handrail', { x1: 126, y1: 158, x2: 640, y2: 158 }),
    lampOver(400, 22, 74),
    door(34, 76, 76),
    robot(372, 222, false),
    make('g', { transform: 'translate(436 222) rotate(118) translate(-10 13) scale(1.7)' }, parcel(0, 0)),
    person('kenji', 280, 262, 1.5),
    person('noor', 606, 262, 1.46),
    person('adeyemi', 690, 262, 1.58),
  ];
}

/** The energy desk: the prices of a day on the wall, and who has a stake in them. */
function exchange(data) {
  const day = '330,104 354,88 378,104 402,120 426,104 450,88 474,72 498,88 522,72 546,56 570,72';
  return [
    room(false),
    [200, 450, 700].map((x) => lampOver(x, 22, 44)),
    data.small ? null : nightWindow(30, 34),
    box('screen', 306, 40, 288, 104, 6),
    shape('line', 'screen-middle', { x1: 318, x2: 582, y1: 96, y2: 96 }),
    shape('polyline', 'screen-price', { points: day }),
    box('counter', 346, 186, 208, 42),
    box('counter-top', 334, 176, 232, 11, 4),
    person('kenji', 290, 262, 1.5),
    person('noor', 628, 262, 1.46),
    person('adeyemi', 706, 262, 1.58),
  ];
}

/** The lobby: the kiosk on its post, five numbered doors, and who stands before them. */
function lobby(data) {
  const face = pipFace(data.mood || 'listen', 70);
  face.setAttribute('transform', 'translate(71 62)');
  return [
    room(false),
    lampOver(106, 22, 52),
    box('post', 99, 128, 14, 80),
    box('post', 70, 204, 72, 8, 3),
    face,
    [1, 2, 3, 4, 5].map((number) => {
      const x = 142 + number * 62;
      return [
        door(x, 100, 42),
        box('sign', x + 4, 66, 34, 24, 5),
        wallText(x + 21, 83, String(number), 'middle'),
      ];
    }),
    person('ruth', 552, 262, 1.46),
    person('noor', 626, 262, 1.46),
    person('adeyemi', 702, 262, 1.58),
  ];
}

/** What crosses the corridor, upright or on its side. */
function trolley(x, turn) {
  return make(
    'g',
    { transform: `translate(${x} 214) rotate(${turn || 0})` },
    trolleyParts(),
  );
}

/** The corridor by day: the trolleys, of which one may lie on its side, and the courier. */
function byDay(data, robotX, fallen) {
  const name = (text) => (data.small ? null : text);
  return [
    room(false),
    shape('line', 'handrail', { x1: 126, y1: 158, x2: 640, y2: 158 }),
    door(34, 76, 76),
    door(650, 76, 76),
    hangingSign(data.small ? 72 : 88, 24, 'sign-ink', DRAWINGS.start, name(data.names.pharmacy)),
    hangingSign(data.small ? 688 : 676, 24, 'sign-goal', DRAWINGS.goal, name(data.names.ward)),
    [262, 372, 482].map((x, lane) => (lane === fallen ? null : trolley(x))),
    fallen === undefined ? null : trolley(380, 90),
    robot(robotX, 222, true),
  ];
}

const trolleys = (data) => byDay(data, 168);
const crossed = (data) => byDay(data, 584);
const collided = (data) => byDay(data, 334, 1);

/** A little heap on the floor. */
function litter(x) {
  return [
    shape('path', 'litter', { d: `M${x - 24} 222 q6 -15 18 -12 q9 -11 19 2 q10 1 11 10z` }),
    shape('circle', 'litter', { cx: x + 34, cy: 219, r: 3.5 }),
    shape('circle', 'litter', { cx: x - 33, cy: 220, r: 2.5 }),
  ];
}

/** The corridor before the bell: the cleaning robot, its dock, and heaps where the floor is dirty. */
function beforeSix(data, robotX, heaps) {
  const isDocked = robotX === ROBOT_X.pad;
  return [
    room(true),
    LAMPS.map((x) => (Math.abs(x - robotX) > 60 ? darkLamp(x) : null)),
    shape('line', 'handrail', { x1: 126, y1: 158, x2: 640, y2: 158 }),
    data.small ? null : nightWindow(166, 52),
    lampOver(robotX, 22, 74),
    clock(440, 62),
    door(34, 76, 76),
    door(650, 76, 76),
    hangingSign(data.small ? 688 : 676, 24, 'sign-goal', DRAWINGS.goal, data.small ? null : data.names.ward),
    pad(ROBOT_X.pad),
    heaps.map(litter),
    robot(robotX, isDocked ? 214 : 222, false),
  ];
}

const littered = (data) => beforeSix(data, 566, [470, 508, 622]);
const swept = (data) => beforeSix(data, ROBOT_X.pad, []);

const ROOMS = {
  ...{ littered, swept },
  ...{ desk, queue, corridor, ward, basement, spill, dropped, lobby },
  ...{ trolleys, crossed, collided, exchange, roadside },
};

/** The part of a room that tells the story, for a narrow column. */
function heartOf(data) {
  if (data.art === 'desk') return '236 0 500 248';
  if (data.art === 'lobby') return '8 0 490 248';
  if (data.art === 'queue') return '124 0 616 248';
  if (data.art === 'corridor' && data.robot_at === 'pharmacy') return '0 0 500 248';
  if (data.art === 'trolleys') return '20 0 500 248';
  if (data.art === 'collided') return '122 0 500 248';
  if (data.art === 'roadside') return '20 0 500 248';
  return '260 0 500 248';
}
