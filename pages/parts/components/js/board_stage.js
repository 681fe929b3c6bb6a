// The pawn game on a tablet: one game, played move by move, and the list of its moves beside it.

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

/** Shows which move is the latest, on the board and in the list, and nothing of what is to come. */
function mark(memory, data, count) {
  if (memory.count === count) return;
  memory.count = count;
  const move = memory.moves[count - 1];
  const cells = move ? [move.origin, move.target] : [];
  const frames = cells.map((cell) => {
    const { x, y } = centre(data, cell);
    const [left, top, size] = [x - CELL / 2 + 3, y - CELL / 2 + 3, CELL - 6];
    return make('rect', { x: left, y: top, width: size, height: size, rx: 6, class: 'latest' });
  });
  memory.marks.replaceChildren(...frames);
  memory.seen = Math.max(memory.seen, count);
  memory.buttons.forEach((button, index) => {
    button.setAttribute('aria-pressed', String(index + 1 === count));
    button.classList.toggle('to-come', index >= memory.seen);
  });
  memory.end.classList.toggle('to-come', memory.seen < memory.moves.length);
}

function moveText(data, move) {
  const sign = move.takes ? '\u00d7' : '\u2013';
  return `${cellName(data, move.origin)}${sign}${cellName(data, move.target)}`;
}

function nameOf(data, who) {
  return who === 'p' ? 'Pip' : data.opponent;
}

function swatch(who) {
  return make('i', { class: who === 'p' ? 'swatch pip' : 'swatch guest', 'aria-hidden': 'true' });
}

/** Whose pawns are which. */
function legend(data) {
  return make(
    'p',
    { class: 'legend' },
    ['g', 'p'].map((who) => make('span', {}, swatch(who), nameOf(data, who))),
  );
}

/** What there is to say of a move of Pip's: what it expected, and whether it was played for it. */
function remarks(data, move, index) {
  if (move.who !== 'p') return null;
  const own = (index - 1) / 2;
  const isReplaced = data.replaced.includes(own);
  return [
    data.expected.length
      ? make('span', { class: 'expected' }, `expects ${written(data.expected[own], 2)}`)
      : null,
    isReplaced ? make('span', { class: 'not-allowed' }, 'not allowed') : null,
  ];
}

function list(memory, data) {
  memory.buttons = memory.moves.map((move, index) =>
    make(
      'button',
      {
        type: 'button',
        'aria-pressed': 'false',
        'data-focus': `move ${index}`,
        onclick: () => {
          stop(memory);
          memory.seen = memory.moves.length;
          place(memory, data, index + 1);
        },
      },
      swatch(move.who),
      make('span', { class: 'hidden' }, `${nameOf(data, move.who)}: `),
      make('span', { class: 'move' }, moveText(data, move)),
      remarks(data, move, index),
    ),
  );
  return memory.buttons.map((button) => make('li', {}, button));
}

function ending(data) {
  if (data.end === 'won') return 'Pip has won.';
  return data.end === 'lost' ? `${data.opponent} has won.` : '';
}

function build(root, memory, data) {
  memory.moves = movesOf(data);
  memory.pawns = setUp(data);
  memory.count = -1;
  memory.seen = 0;
  memory.end = make('p', { class: 'end' }, ending(data));
  memory.marks = make('g', {});
  memory.layer = make(
    'g',
    {},
    memory.pawns.map((pawn) => pawn.group),
  );
  const size = [data.columns * CELL + 2 * EDGE, rowsOf(data) * CELL + 2 * EDGE];
  const picture = make(
    'svg',
    { role: 'img', viewBox: `0 0 ${size.join(' ')}`, 'aria-label': data.alt },
    tablet(data),
    memory.marks,
    memory.layer,
  );
  const side = [
    legend(data),
    make('ol', { class: 'moves' }, list(memory, data)),
    memory.end,
  ];
  show(
    root,
    make(
      'div',
      { class: 'stage' },
      make('div', { class: 'table' }, picture, make('div', { class: 'side' }, side)),
      make('p', { class: 'note' }, withFigures(data.note)),
    ),
  );
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector('.root');
  const memory = memoryOf(root);
  const shown = JSON.stringify(data);
  if (memory.shown !== shown) {
    memory.shown = shown;
    build(root, memory, data);
    play(memory, data);
  } else goOn(memory);
  return () => cancelAnimationFrame(memory.frame);
}
