// The record below a film: one strip a measure over the whole time, and a head that runs along it.

const RECORD = { width: 600, height: 40 };

/** One strip: what is drawn in it, behind the line of its values and the head. */
function strip(memory, name, points, ...behind) {
  const { width, height } = RECORD;
  const head = make('line', { y1: 0, y2: height, class: 'head' });
  memory.heads.push(head);
  const drawing = make(
    'svg',
    { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none' },
    make('rect', { width, height, class: 'track' }),
    behind,
    make('polyline', { points: points.join(' '), class: 'record' }),
    head,
  );
  return [make('span', {}, name), drawing];
}

/** What stands below the strips, from their left to their right. */
function stripScale(...texts) {
  const parts = texts.map((text) => make('span', {}, text));
  return [make('span', {}), make('span', { class: 'scale' }, parts)];
}

/** Puts every head where a share of the whole time is over. */
function moveHeads(memory, share) {
  const x = (share * RECORD.width).toFixed(1);
  for (const head of memory.heads) {
    head.setAttribute('x1', x);
    head.setAttribute('x2', x);
  }
}

function key(name, text) {
  return make('span', {}, make('i', { class: name, 'aria-hidden': 'true' }), text);
}

/** The lines below the record: the note, what the signs mean, and how fast it is played. */
function recordFoot(note, keys, pace) {
  const speed = pace > 1.05 ? `played ${written(pace, 1)} times as fast` : '';
  return [
    note ? make('span', { class: 'note' }, withFigures(note)) : null,
    ...keys,
    speed ? make('span', {}, speed) : null,
  ].filter(Boolean);
}

/** A stage: its picture, the strips and the foot. */
function stageWithRecord(root, memory) {
  memory.tracks = make('div', { class: 'tracks', 'aria-hidden': 'true' });
  memory.foot = make('div', { class: 'foot' });
  show(root, make('div', { class: 'stage' }, memory.picture, memory.tracks, memory.foot));
}
