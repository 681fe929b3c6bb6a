// What stands over the plot: end marks, labels at the ends of the lines, and upright marks.

const GAP = 3;
const SMALL = { width: 420, height: 160 }; // px; below either, labels do not fit beside the lines
const BORDERS = { solid: 'solid', dot: 'dotted' }; // of the line samples; all others are dashed

function isSmall(data, width) {
  return data.height < SMALL.height || width < SMALL.width;
}

/** Whether labels leave the plot: not where lines look alike, since only their place tells them. */
function hasEndRow(data, width) {
  const looks = new Set(data.series.map((line) => `${line.meaning} ${line.run}`));
  return isSmall(data, width) && looks.size === data.series.length;
}

/** The labels of a small chart: a row under its title, each behind a sample of its line. */
function drawEnds(row, data, shown) {
  row.hidden = !shown;
  const named = data.series.filter((line) => line.label || !line.x.length);
  const ends = named.map((line) => {
    const { color, text } = MEANINGS[line.meaning];
    const border = `border-top:3px ${BORDERS[dashOf(line)] || 'dashed'} var(${color})`;
    const words = line.x.length ? line.label : line.name;
    return make('li', { style: `color:var(${text})` }, make('i', { style: border }), words);
  });
  row.replaceChildren(...(shown ? ends : []));
}

/** From figures to px inside the chart. */
function scaleOf(data, frame) {
  const [left, right] = data.x_range;
  const [low, high] = frame.range;
  const { l, r, t, b } = frame.margin;
  return {
    x: (value) => l + ((value - left) / (right - left)) * (frame.width - l - r),
    y: (value) => t + (1 - (value - low) / (high - low)) * (frame.height - t - b),
  };
}

function endMark(line, scale) {
  const end = MEANINGS[line.meaning].end;
  const last = line.x.length - 1;
  if (!end || last < 0) return null;
  const place = `left:${scale.x(line.x[last])}px;top:${scale.y(line.y[last])}px;background:var(${MEANINGS[line.meaning].color})`;
  return make('i', { class: `end ${end}`, style: place });
}

/** Points along every line and band, a few px apart, so that text can keep clear of them. */
function tracksOf(data, scale) {
  return data.series.flatMap((line) =>
    [line.y, line.low, line.high].flatMap((ys) =>
      ys.flatMap((y, index) => {
        const here = [scale.x(line.x[index]), scale.y(y)];
        if (index + 1 >= ys.length) return [here];
        const next = [scale.x(line.x[index + 1]), scale.y(ys[index + 1])];
        const parts = Math.max(1, Math.ceil(Math.hypot(next[0] - here[0], next[1] - here[1]) / 6));
        return Array.from({ length: parts }, (_, part) => [
          here[0] + ((next[0] - here[0]) * part) / parts,
          here[1] + ((next[1] - here[1]) * part) / parts,
        ]);
      }),
    ),
  );
}

/** Free px about a box that begins at `left`, `top`, at most 24: more is no better. */
function roomAbout({ left, top }, box, tracks) {
  const right = left + box.width;
  const bottom = top + box.height;
  return tracks.reduce(
    (room, [x, y]) => Math.min(room, Math.max(left - x, x - right, top - y, y - bottom)),
    24,
  );
}

function roomiest(places, box, tracks) {
  const rooms = places.map((place) => roomAbout(place, box, tracks));
  return places[rooms.indexOf(Math.max(...rooms))];
}

/** Where a label goes: right of the end; late in a chart above a rising or below a falling line. */
function wishFor(line, box, data, frame, scale, tracks) {
  const last = line.x.length - 1;
  const x = scale.x(line.x[last]);
  const y = scale.y(line.y[last]);
  const span = data.x_range[1] - data.x_range[0];
  const late = frame.margin.r < box.width + 12 && (line.x[last] - data.x_range[0]) / span > 0.58;
  if (!late) {
    const beside = { left: x + 11, top: y - box.height / 2 };
    const places = [
      beside,
      { left: x + 11, top: y + 5 },
      { left: x + 11, top: y - box.height - 5 },
    ];
    return roomAbout(beside, box, tracks) > 0 ? beside : roomiest(places, box, tracks);
  }
  const left = x - box.width - 4;
  const rises = line.y[last] >= line.y[Math.max(0, last - 10)];
  const gaps = [10, 22, 34];
  const above = gaps.map((gap) => ({ left, top: y - box.height - gap }));
  const below = gaps.map((gap) => ({ left, top: y + gap }));
  const inside = ({ top }) => top >= 0 && top + box.height <= frame.height - frame.margin.b;
  const places = (rises ? [...above, ...below] : [...below, ...above]).filter(inside);
  const free = places.find((place) => roomAbout(place, box, tracks) > 2);
  return free || roomiest(places.length ? places : above, box, tracks);
}

/** Moves boxes that share a column apart, and keeps them inside the chart. */
function apart(boxes, height) {
  const sorted = [...boxes].sort((one, other) => one.top - other.top);
  for (let round = 0; round < 4; round += 1) {
    for (let index = 1; index < sorted.length; index += 1) {
      const above = sorted[index - 1];
      const below = sorted[index];
      const meet = above.left < below.left + below.width && below.left < above.left + above.width;
      const overlap = above.top + above.height + GAP - below.top;
      if (meet && overlap > 0) {
        above.top -= overlap / 2;
        below.top += overlap / 2;
      }
    }
    for (const box of sorted) box.top = Math.min(height - box.height, Math.max(0, box.top));
  }
}

function uprightMark(moment, data, frame, scale) {
  const x = scale.x(moment.x);
  const { t, b } = frame.margin;
  return make('i', {
    class: moment.warning ? 'upright warning' : 'upright',
    style: `left:${x}px;top:${t}px;height:${frame.height - t - b}px`,
  });
}

/** The places beside a mark for a sentence that may be at most `most` px wide. */
function placesBeside(label, x, frame, most) {
  label.style.maxWidth = `${most}px`;
  const box = { width: label.offsetWidth, height: label.offsetHeight, most };
  const bottom = frame.height - frame.margin.b - box.height - 4;
  const lefts = [x + 7, x - box.width - 7].filter(
    (left) => left >= frame.margin.l && left + box.width <= frame.width - frame.margin.r,
  );
  return lefts.flatMap((left) =>
    Array.from({ length: 12 }, (_, step) => ({
      ...box,
      left,
      top: frame.margin.t + ((bottom - frame.margin.t) * step) / 11,
    })),
  );
}

/** A sentence stands beside its mark, where most room is; returns whether there is any. */
function placeMoment(label, moment, frame, scale, tracks) {
  const x = scale.x(moment.x);
  const places = [210, 180, 150, 120, 90].flatMap((most) => placesBeside(label, x, frame, most));
  const rooms = places.map((place) => roomAbout(place, place, tracks));
  const room = Math.max(...rooms);
  if (!(room > 0)) return false;
  const best = places[rooms.indexOf(room)];
  Object.assign(label.style, {
    maxWidth: `${best.most}px`,
    left: `${best.left}px`,
    top: `${best.top}px`,
  });
  return true;
}

/**
 * Draws everything over the plot anew; it is a handful of elements. Returns the moments whose
 * sentence found no room: they are said below the plot.
 */
function drawOverlay(overlay, data, frame, sizes) {
  const scale = scaleOf(data, frame);
  const tracks = tracksOf(data, scale);
  const lines = data.series.filter((line) => line.x.length);
  const labels = (frame.endRow ? [] : lines).map((line) =>
    make(
      'span',
      { class: 'end-label', style: `color:var(${MEANINGS[line.meaning].text})` },
      line.label,
    ),
  );
  const moments = data.moments.map((moment) =>
    make('span', { class: moment.warning ? 'moment warning' : 'moment' }, moment.text),
  );
  overlay.replaceChildren(
    ...data.moments.map((moment) => uprightMark(moment, data, frame, scale)),
    ...lines.map((line) => endMark(line, scale)).filter(Boolean),
    ...moments,
    ...labels,
  );
  const boxes = labels.map((label, index) => {
    const box = { ...sizeOf(overlay, lines[index].label, frame.width, sizes), label };
    return Object.assign(box, wishFor(lines[index], box, data, frame, scale, tracks));
  });
  apart(boxes, frame.height - frame.margin.b + 8);
  for (const box of boxes) {
    box.label.style.left = `${Math.max(0, box.left)}px`;
    box.label.style.top = `${box.top}px`;
  }
  return data.moments.filter((moment, index) => {
    const placed = placeMoment(moments[index], moment, frame, scale, tracks);
    if (!placed) moments[index].remove();
    return !placed;
  });
}

/**
 * The room that a label takes. Digits are equally wide, so one measurement serves many figures: to
 * measure is to have the browser lay out the page, which a live chart cannot do at every point.
 */
function sizeOf(overlay, text, width, sizes) {
  const kind = `${width} ${text.replace(/\d/g, '0')}`;
  if (sizes.has(kind)) return sizes.get(kind);
  const trial = make('span', { class: 'end-label' }, text);
  overlay.append(trial);
  const size = { width: trial.offsetWidth, height: trial.offsetHeight };
  trial.remove();
  if (size.width) sizes.set(kind, size); // a hidden chart has none
  return size;
}

/** The widest label, as it will be written. */
function widestLabel(overlay, data, width, sizes) {
  overlay.style.setProperty('--most', `${Math.round(width * 0.4)}px`);
  return Math.max(
    0,
    ...data.series.map((line) => sizeOf(overlay, line.label, width, sizes).width),
  );
}
