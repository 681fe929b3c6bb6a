// The tray cart in its corridor: one episode is played, and its record stands below.

const METRE = 136; // in drawing units; the pole is one metre high, as in the dynamics
const MIDDLE = 380;
const FLOOR = 246;
const DECK = FLOOR - 46; // where the pole stands
const HALF_CART = 34;
const LIVE_SECONDS = 2; // the longest that an episode is shown while newer ones arrive
const BUMP_SECONDS = 0.3;

function across(metres) {
  return MIDDLE + metres * METRE;
}

/** What stands still: wall, floor, the lane on it, and the ends of the corridor. */
function corridor(data) {
  const lane = data.lane * METRE;
  const end = data.corridor * METRE + HALF_CART;
  return [
    make('rect', { width: 760, height: FLOOR, class: 'wall' }),
    make('rect', { y: 92, width: 760, height: 6, class: 'stripe' }),
    make('rect', { y: FLOOR, width: 760, height: 34, class: 'floor' }),
    make('line', { x1: 0, x2: 760, y1: FLOOR, y2: FLOOR, class: 'skirting' }),
    make('rect', { x: MIDDLE - lane, y: FLOOR + 6, width: 2 * lane, height: 9, class: 'lane' }),
    make('rect', { x: MIDDLE - 2, y: FLOOR + 6, width: 4, height: 9, class: 'lane-middle' }),
    make('rect', { width: MIDDLE - end, height: FLOOR, class: 'end' }),
    make('rect', { x: MIDDLE + end, width: MIDDLE - end, height: FLOOR, class: 'end' }),
  ];
}

function slanted(degrees, length) {
  const angle = (degrees * Math.PI) / 180;
  return [length * Math.sin(angle), DECK - length * Math.cos(angle)];
}

/** How far the tray may lean: nothing slides within the wedge, and beyond the lines it falls. */
function limits(data) {
  const reach = METRE + 34;
  const wedge = [-data.level, data.level].map((degrees) => slanted(degrees, reach).join());
  const line = (degrees) => {
    const [x2, y2] = slanted(degrees, reach);
    return make('line', { x1: 0, y1: DECK, x2, y2, class: 'limit' });
  };
  return [
    make('polygon', { points: `0,${DECK} ${wedge.join(' ')}`, class: 'wedge' }),
    line(-data.largest_tilt),
    line(data.largest_tilt),
  ];
}

/** A tray with lunch on it, on a pole that stands on the cart. */
function tray() {
  const load = make('g', { transform: `translate(0 ${-METRE - 6})` }, built(LOADS[DRAWINGS.load]));
  return [
    make('rect', { x: -4, y: -METRE, width: 8, height: METRE, class: 'pole' }),
    load,
    make('rect', { x: -42, y: -METRE - 6, width: 84, height: 8, rx: 4, class: 'board' }),
  ];
}

function chassis() {
  return [
    make('circle', { cx: -19, cy: FLOOR - 8, r: 8, class: 'wheel' }),
    make('circle', { cx: 19, cy: FLOOR - 8, r: 8, class: 'wheel' }),
    make('rect', {
      x: -HALF_CART,
      y: DECK,
      width: 2 * HALF_CART,
      height: 36,
      rx: 10,
      class: 'body',
    }),
    make('rect', { x: -HALF_CART, y: DECK + 27, width: 2 * HALF_CART, height: 5, class: 'band' }),
    make('circle', { cx: 0, cy: DECK + 18, r: 11, class: 'pip-halo' }),
    make('circle', { cx: 0, cy: DECK + 18, r: 6, class: 'pip-lamp' }),
  ];
}

function build(root, memory) {
  memory.room = make('g', {});
  memory.limits = make('g', {});
  memory.tray = make('g', {});
  memory.push = make('path', { class: 'push' });
  memory.bump = make('path', { class: 'bump' });
  const parts = [memory.limits, memory.tray, chassis(), memory.push, memory.bump];
  memory.cart = make('g', { class: 'cart' }, parts);
  memory.where = make('line', { y1: 34, y2: FLOOR, class: 'where' });
  memory.what = make('text', { y: 26, class: 'what' });
  memory.picture = make(
    'svg',
    { role: 'img', viewBox: '0 0 760 280' },
    memory.room,
    memory.where,
    memory.cart,
    memory.what,
  );
  stageWithRecord(root, memory);
}

/** One measure over the whole shift: the band that is wanted, and the line as far as it went. */
function track(memory, data, name, values, most, wanted) {
  const { width, height } = RECORD;
  const y = (value) => (height / 2) * (1 - value / most);
  const points = values.map((value, frame) => {
    const x = (momentOf(data, frame) / data.limit_seconds) * width;
    return `${x.toFixed(1)},${y(value).toFixed(1)}`;
  });
  return strip(
    memory,
    name,
    points,
    make('rect', { y: y(wanted), width, height: y(-wanted) - y(wanted), class: 'wanted' }),
    make('line', { x2: width, y1: height / 2, y2: height / 2, class: 'zero' }),
  );
}

function drawTracks(memory, data) {
  memory.heads = [];
  memory.tracks.replaceChildren(
    ...track(memory, data, 'Tilt', data.tilts, data.largest_tilt, data.level),
    ...track(memory, data, 'Place', data.positions, data.corridor, data.lane),
    ...stripScale('0 s', 'up is right', `${written(data.limit_seconds, 0)} s`),
  );
}

function foot(data, pace) {
  const keys = [
    key('blue', 'what is wanted: level, near the middle'),
    key('dashes', `falls at ${written(data.largest_tilt, 0)} degrees`),
  ];
  return recordFoot(data.note, keys, pace);
}

/** Seconds from the start of the episode to a frame; the last one is its end. */
function momentOf(data, frame) {
  return data.seconds - (data.positions.length - 1 - frame) * data.frame_seconds;
}

function arrow(x, y, side, length) {
  const tip = x + side * length;
  const barb = tip - side * 7;
  return `M${x} ${y} H${tip} M${barb} ${y - 6} L${tip} ${y} L${barb} ${y + 6}`;
}

/** The strongest bump of the last moments; 0 if there was none. */
function bumpAt(data, frame) {
  const since = Math.max(0, frame - Math.ceil(BUMP_SECONDS / data.frame_seconds));
  const recent = data.bumps.slice(since, frame + 1);
  return recent.reduce((most, one) => (Math.abs(one) > Math.abs(most) ? one : most), 0);
}

function standAt(memory, data, seconds) {
  const last = data.positions.length - 1;
  const way = last - (data.seconds - seconds) / data.frame_seconds;
  const frame = Math.min(last, Math.max(0, Math.floor(way)));
  const next = Math.min(last, frame + 1);
  const part = Math.min(1, Math.max(0, way - frame));
  const between = (values) => (values[frame] || 0) * (1 - part) + (values[next] || 0) * part;
  const x = across(between(data.positions));
  memory.cart.setAttribute('transform', `translate(${x.toFixed(2)} 0)`);
  const tilt = between(data.tilts).toFixed(2);
  memory.tray.setAttribute('transform', `translate(0 ${DECK}) rotate(${tilt})`);
  const side = { l: -1, r: 1 }[data.pushes[next]];
  memory.push.setAttribute('d', side ? arrow(side * (HALF_CART + 6), DECK + 18, side, 20) : '');
  const bump = bumpAt(data, frame);
  const from = -Math.sign(bump);
  memory.bump.setAttribute('d', bump ? arrow(from * 84, DECK + 4, -from, 42) : '');
  moveHeads(memory, seconds / data.limit_seconds);
}

/** Where it ended, if it ended early: only once the episode has been played. */
function sayEnd(memory, data) {
  const isEarly = data.end === 'fell' || data.end === 'left';
  memory.where.style.display = memory.what.style.display = isEarly ? '' : 'none';
  if (!isEarly) return;
  const x = across(data.positions.at(-1));
  const size = Math.max(16, (14 * 760) / Math.max(1, memory.picture.clientWidth));
  memory.where.setAttribute('x1', x);
  memory.where.setAttribute('x2', x);
  memory.what.setAttribute('x', x + (x > MIDDLE ? -8 : 8));
  memory.what.setAttribute('text-anchor', x > MIDDLE ? 'end' : 'start');
  memory.what.setAttribute('font-size', size);
  const what = data.end === 'fell' ? 'fell' : 'ran against the end';
  memory.what.textContent = `${what} after ${written(data.seconds, 1)} s`;
}

/** How many times faster than it was an episode is played. */
function paceOf(data) {
  return data.live ? Math.max(1, data.seconds / LIVE_SECONDS) : 1;
}

function lay(memory, data, pace) {
  memory.room.replaceChildren(...corridor(data));
  memory.limits.replaceChildren(...limits(data));
  memory.tray.replaceChildren(...tray());
  memory.picture.setAttribute('aria-label', data.alt);
  drawTracks(memory, data);
  memory.foot.replaceChildren(...foot(data, pace));
  memory.where.style.display = memory.what.style.display = 'none';
}

const EPISODE = {
  lasts: (data) => (data.positions.length ? data.seconds : 0),
  pace: paceOf,
  lay,
  standAt,
  sayEnd,
};

export default function ({ data: [data], parentElement }) {
  const root = parentElement.querySelector('.root');
  furnish(root, data);
  const memory = memoryOf(root);
  if (!memory.picture) build(root, memory);
  showFilm(memory, data, EPISODE);
  memory.unwatch?.();
  memory.unwatch = watchWidth(memory.picture, () => {
    if (!memory.playing) sayEnd(memory, memory.now);
  });
  return () => {
    cancelAnimationFrame(memory.frame);
    memory.unwatch();
  };
}
