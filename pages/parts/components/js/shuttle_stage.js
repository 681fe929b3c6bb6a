// The road to the hospital from above: one trip is played, and its record stands below.

const SIGHT = { width: 760, height: 300, margin: 46 };
const HALF_METRE = 0.5;
const SHUTTLE = { length: 4.6, width: 2.1 }; // in metres
const TENTHS = 10; // of a metre, in which a vehicle is drawn
const LIVE_SECONDS = 2; // the longest that a trip is shown while newer ones arrive
const MOST_SECONDS = 8; // the longest that a trip is shown at all
const HEADROOM = 1.15; // of a strip, above the strongest
const JOLT_MARK = 5;

/** Where the middle of the lane runs, in metres: points half a metre apart, with their direction. */
function middleOf(bends) {
  const points = [{ x: 0, y: 0, angle: 0 }];
  for (const bend of bends) {
    const last = points.at(-1);
    const angle = last.angle + (bend * HALF_METRE) / 2;
    points.push({
      x: last.x + HALF_METRE * Math.cos(angle),
      y: last.y + HALF_METRE * Math.sin(angle),
      angle: last.angle + bend * HALF_METRE,
    });
  }
  return points;
}

/** The road turned so that it leads from left to right, and scaled to fit into what is drawn. */
function laidOut(data) {
  const points = middleOf(data.bends);
  const end = points.at(-1);
  const turn = -Math.atan2(end.y, end.x);
  const [cosine, sine] = [Math.cos(turn), Math.sin(turn)];
  const turned = points.map(({ x, y, angle }) => ({
    x: x * cosine - y * sine,
    y: x * sine + y * cosine,
    angle: angle + turn,
  }));
  const range = (values) => [Math.min(...values), Math.max(...values)];
  const [left, right] = range(turned.map((point) => point.x));
  const [low, high] = range(turned.map((point) => point.y));
  const inside = (size) => size - 2 * SIGHT.margin;
  const scale = Math.min(
    inside(SIGHT.width) / Math.max(right - left, 1),
    inside(SIGHT.height) / Math.max(high - low, 1),
  );
  const from = {
    x: (SIGHT.width - (right - left) * scale) / 2,
    y: (SIGHT.height + (high - low) * scale) / 2,
  };
  return {
    scale,
    points: turned.map(({ x, y, angle }) => ({
      x: from.x + (x - left) * scale,
      y: from.y - (y - low) * scale,
      angle,
    })),
  };
}

function lineOf(points) {
  return points.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
}

/** Where a shuttle stands that is so far along the road and so far to the left of its middle. */
function standing(memory, place, offset, heading) {
  const { points, scale } = memory.road;
  const first = Math.min(points.length - 2, Math.max(0, Math.floor(place)));
  const part = Math.min(1, place - first);
  const [one, two] = [points[first], points[first + 1]];
  const mixed = (name) => one[name] * (1 - part) + two[name] * part;
  const angle = mixed('angle');
  return {
    x: mixed('x') - Math.sin(angle) * offset * scale,
    y: mixed('y') - Math.cos(angle) * offset * scale,
    angle: angle + (heading * Math.PI) / 180,
  };
}

/** A stop and its name, which stands where the road does not lead. */
function stop(point, text, anchor, down, size) {
  const shift = anchor === 'start' ? -30 : 30;
  return [
    make('circle', { cx: point.x, cy: point.y, r: 5, class: 'stop' }),
    make(
      'text',
      {
        x: point.x + shift,
        y: point.y + down,
        'text-anchor': anchor,
        'font-size': size,
        class: 'name',
      },
      text,
    ),
  ];
}

/** What stands still: the ground, the road, its lane, and the two stops. */
function ground(memory, data) {
  const { points, scale } = memory.road;
  const line = lineOf(points);
  const lane = 2 * (data.half_lane + SHUTTLE.width / 2) * scale;
  const width = (size) => `stroke-width:${size.toFixed(1)}px`;
  return [
    make('rect', { width: SIGHT.width, height: SIGHT.height, class: 'grass' }),
    make('polyline', { points: line, class: 'kerb', style: width(lane + 6) }),
    make('polyline', { points: line, class: 'tarmac', style: width(lane) }),
    make('polyline', { points: line, class: 'middle' }),
  ];
}

function names(memory) {
  const { points } = memory.road;
  const size = Math.max(15, (14 * SIGHT.width) / Math.max(1, memory.picture.clientWidth));
  memory.names.replaceChildren(
    ...stop(points[0], 'Car park', 'start', -36, size),
    ...stop(points.at(-1), memory.goal, 'end', 50, size),
  );
}

function shuttle(scale) {
  const parts = built(VEHICLES[DRAWINGS.vehicle]);
  const lamp = make('circle', { cx: -19, r: 2.6, class: 'pip-lamp' });
  return [make('g', { transform: `scale(${(scale / TENTHS).toFixed(3)})` }, parts, lamp)];
}

function build(root, memory) {
  memory.ground = make('g', {});
  memory.names = make('g', {});
  memory.trail = make('polyline', { class: 'trail' });
  memory.jolts = make('g', {});
  memory.shuttle = make('g', {});
  memory.picture = make(
    'svg',
    { role: 'img', viewBox: `0 0 ${SIGHT.width} ${SIGHT.height}` },
    memory.ground,
    memory.trail,
    memory.jolts,
    memory.names,
    memory.shuttle,
  );
  stageWithRecord(root, memory);
}

/** One measure over the whole trip: the line as far as it went, and what it is held against. */
function track(memory, data, name, values, most, wanted) {
  const { width, height } = RECORD;
  const x = (seconds) => (seconds / data.limit_seconds) * width;
  const y = (value) => height * (1 - value / most);
  const points = values.map(
    (value, step) => `${x((step + 1) * data.step_seconds).toFixed(1)},${y(value).toFixed(1)}`,
  );
  const due = x(data.due_seconds);
  return strip(
    memory,
    name,
    points,
    wanted
      ? make('rect', { y: y(wanted), width, height: height - y(wanted), class: 'wanted' })
      : null,
    make('line', { x1: due, x2: due, y1: 0, y2: height, class: 'due' }),
  );
}

function drawTracks(memory, data) {
  memory.heads = [];
  const strongest = Math.max(2 * data.gentle, ...data.pulls) * HEADROOM;
  memory.tracks.replaceChildren(
    ...track(memory, data, 'Pull, m/s²', data.pulls, strongest, data.gentle),
    ...track(memory, data, 'Speed, m/s', data.speeds, data.top_speed * HEADROOM, 0),
    ...stripScale('0 s', `${written(data.limit_seconds, 0)} s`),
  );
}

function foot(data, pace) {
  const keys = [
    key('mark', `a jolt: a pull above ${written(data.gentle, 1)} m/s²`),
    key('blue', 'gentle'),
    key('dashes', `timetable: ${written(data.due_seconds, 0)} s`),
  ];
  return recordFoot(data.note, keys, pace);
}

function lasted(data) {
  return data.places.length * data.step_seconds;
}

/** The shuttle, its trail and its jolts as they are after so many seconds. */
function standAt(memory, data, seconds) {
  const way = seconds / data.step_seconds;
  const done = Math.min(data.places.length, Math.floor(way));
  const part = Math.min(1, way - done);
  const at = (values, step) => (step > 0 ? values[Math.min(step, values.length) - 1] : 0) || 0;
  const between = (values) => at(values, done) * (1 - part) + at(values, done + 1) * part;
  const [place, offset, heading] = [data.places, data.offsets, data.headings].map(between);
  const now = standing(memory, place, offset, heading);
  const degrees = (-now.angle * 180) / Math.PI;
  const where = `translate(${now.x.toFixed(1)} ${now.y.toFixed(1)}) rotate(${degrees.toFixed(1)})`;
  memory.shuttle.setAttribute('transform', where);
  memory.trail.setAttribute('points', lineOf([...memory.trod.slice(0, done + 1), now]));
  memory.marks.forEach(({ step, mark }) => {
    mark.style.display = step <= done ? '' : 'none';
  });
  moveHeads(memory, seconds / data.limit_seconds);
}

/** The points that a trip passes, and a mark at the end of every step that was a jolt. */
function layTrail(memory, data) {
  memory.trod = [standing(memory, 0, data.offsets[0] ?? 0, 0)];
  memory.marks = [];
  data.places.forEach((place, index) => {
    const point = standing(memory, place, data.offsets[index], 0);
    memory.trod.push(point);
    if (data.pulls[index] <= data.gentle) return;
    const mark = make('circle', { cx: point.x, cy: point.y, r: JOLT_MARK, class: 'jolt' });
    memory.marks.push({ step: index + 1, mark });
  });
  memory.jolts.replaceChildren(...memory.marks.map(({ mark }) => mark));
}

/** How many times faster than it was a trip is played. */
function paceOf(data) {
  return Math.max(1, lasted(data) / (data.live ? LIVE_SECONDS : MOST_SECONDS));
}

function lay(memory, data, pace) {
  memory.road = laidOut(data);
  memory.goal = data.place_names.hospital;
  memory.ground.replaceChildren(...ground(memory, data));
  memory.shuttle.replaceChildren(...shuttle(memory.road.scale));
  memory.picture.setAttribute('aria-label', data.alt);
  layTrail(memory, data);
  drawTracks(memory, data);
  names(memory);
  memory.foot.replaceChildren(...foot(data, pace));
}

const TRIP = { lasts: lasted, pace: paceOf, lay, standAt };

export default function ({ data: [data], parentElement }) {
  const root = parentElement.querySelector('.root');
  furnish(root, data);
  const memory = memoryOf(root);
  if (!memory.picture) build(root, memory);
  showFilm(memory, data, TRIP);
  memory.unwatch?.();
  memory.unwatch = watchWidth(memory.picture, () => names(memory));
  return () => {
    cancelAnimationFrame(memory.frame);
    memory.unwatch();
  };
}
