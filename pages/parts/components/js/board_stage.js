// The pawn game on a tablet: one game, played move by move, and the list of its moves beside it.

const PLAYERS = ['g', 'p'];
const PIP_SIGN = 'p';
const CELL = 68;
const EDGE = 30; // from the tablet's rim to the board
const GLIDE = 0.7; // the share of it in which the pawn is on its way

/** Who moved in each step from board to board, from where, to where, and whether a pawn was taken. */
function movesOf(data) {
  return data.boards.slice(1).map((after, index) => {
    const before = data.boards[index];
    const who = index % 2 ? 'p' : 'g';
    const cells = [...before].map((_, cell) => cell);
    const origin = cells.find((cell) => before[cell] === who && after[cell] !== who);
    const target = cells.find((cell) => before[cell] !== who && after[cell] === who);
    return { who, origin, target, takes: before[target] !== '.' };
  });
}

function rowsOf(data) {
  return data.boards[0].length / data.columns;
}

function centre(data, cell) {
  return {
    x: EDGE + ((cell % data.columns) + 0.5) * CELL,
    y: EDGE + (Math.floor(cell / data.columns) + 0.5) * CELL,
  };
}

function cellName(data, cell) {
  const row = rowsOf(data) - Math.floor(cell / data.columns);
  return `${'abcdefgh'[cell % data.columns]}${row}`;
}

/** Pip's pawns are square with its lamps, the guest's are turned wood: no colour is needed. */
function pawnShape(who) {
  if (who === 'p') {
    const face = pipFace('listen', 44);
    face.setAttribute('transform', 'translate(-22 -22)');
    return make('g', { class: 'pawn of-pip' }, face);
  }
  return make(
    'g',
    { class: 'pawn of-guest' },
    make('path', { d: 'M-19 22 q1 -12 11 -17 q-5 -4 -5 -11 h26 q0 7 -5 11 q10 5 11 17z' }),
    make('circle', { cy: -12, r: 12 }),
  );
}

function tablet(data) {
  const rows = rowsOf(data);
  const [width, height] = [data.columns * CELL, rows * CELL];
  const cells = [...data.boards[0]].map((_, cell) => {
    const { x, y } = centre(data, cell);
    const isDark = (Math.floor(cell / data.columns) + (cell % data.columns)) % 2;
    const place = { x: x - CELL / 2, y: y - CELL / 2, width: CELL, height: CELL };
    return make('rect', { ...place, class: isDark ? 'cell dark' : 'cell' });
  });
  const letters = Array.from({ length: data.columns }, (_, column) =>
    make(
      'text',
      { x: EDGE + (column + 0.5) * CELL, y: EDGE + height + 20, 'text-anchor': 'middle' },
      'abcdefgh'[column],
    ),
  );
  const numbers = Array.from({ length: rows }, (_, row) =>
    make(
      'text',
      { x: EDGE - 15, y: EDGE + (row + 0.5) * CELL + 6, 'text-anchor': 'middle' },
      String(rows - row),
    ),
  );
  const rim = { width: width + 2 * EDGE, height: height + 2 * EDGE, rx: 20, class: 'rim' };
  return [make('rect', rim), cells, letters, numbers];
}

/** The pawns of the first board, each with the cell that it stands on. */
function setUp(data) {
  return [...data.boards[0]]
    .map((who, cell) => ({ who, cell }))
    .filter((pawn) => pawn.who !== '.')
    .map((pawn) => ({ ...pawn, group: pawnShape(pawn.who) }));
}

/** Every pawn as it stands after so many whole moves, and a part of the next one. */
function place(memory, data, moment) {
  const done = Math.min(memory.moves.length, Math.floor(moment));
  const stand = memory.pawns.map((pawn) => ({ ...pawn, isTaken: false }));
  const at = (cell) => stand.find((pawn) => pawn.cell === cell && !pawn.isTaken);
  for (const move of memory.moves.slice(0, done)) {
    const taken = at(move.target);
    if (taken) taken.isTaken = true;
    at(move.origin).cell = move.target;
  }
  const next = memory.moves[done];
  const share = next ? Math.min(1, (moment - done) / GLIDE) : 0;
  const eased = share * share * (3 - 2 * share);
  const [moving, target] = next ? [at(next.origin), at(next.target)] : [];
  for (const pawn of stand) {
    let { x, y } = centre(data, pawn.cell);
    let size = 1;
    if (pawn === moving) {
      const to = centre(data, next.target);
      x += (to.x - x) * eased;
      y += (to.y - y) * eased;
      size = 1 + 0.14 * Math.sin(Math.PI * eased);
    }
    const isGone = pawn.isTaken || (pawn === target && share >= 1);
    pawn.group.style.display = isGone ? 'none' : '';
    pawn.group.style.opacity = pawn === target ? String(1 - eased) : '1';
    const where = `translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${size.toFixed(3)})`;
    pawn.group.setAttribute('transform', where);
  }
  if (moving) memory.layer.append(moving.group);
  mark(memory, data, share > 0 ? done + 1 : done);
}

function marksOf(data, move) {
  const cells = move ? [move.origin, move.target] : [];
  return cells.map((cell) => {
    const { x, y } = centre(data, cell);
    const [left, top, size] = [x - CELL / 2 + 3, y - CELL / 2 + 3, CELL - 6];
    return make('rect', { x: left, y: top, width: size, height: size, rx: 6, class: 'latest' });
  });
}

function moveText(data, move) {
  const sign = move.takes ? '\u00d7' : '\u2013';
  return `${cellName(data, move.origin)}${sign}${cellName(data, move.target)}`;
}

function swatch(who) {
  return make('i', { class: who === 'p' ? 'swatch pip' : 'swatch guest', 'aria-hidden': 'true' });
}

/** A move; of Pip's also what it expected, and whether it was played for it. */
function wordsOf(data, move, index) {
  const words = [make('span', { class: 'move' }, moveText(data, move))];
  if (move.who !== PIP_SIGN) return words;
  const own = (index - 1) / 2;
  if (data.expected.length) {
    words.push(make('span', { class: 'expected' }, `expects ${written(data.expected[own], 2)}`));
  }
  if (data.replaced.includes(own)) words.push(make('span', { class: 'not-allowed' }, 'not allowed'));
  return words;
}

function pictureOf(memory, data) {
  memory.pawns = setUp(data);
  memory.layer = make(
    'g',
    {},
    memory.pawns.map((pawn) => pawn.group),
  );
  const size = [data.columns * CELL + 2 * EDGE, rowsOf(data) * CELL + 2 * EDGE];
  return make(
    'svg',
    { role: 'img', viewBox: `0 0 ${size.join(' ')}`, 'aria-label': data.alt },
    tablet(data),
    memory.marks,
    memory.layer,
  );
}
