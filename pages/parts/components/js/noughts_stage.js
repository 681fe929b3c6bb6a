// Noughts and crosses on a tablet: one game, and what Pip wrote before each of its crosses.

const PLAYERS = ['x', 'o'];
const PIP_SIGN = 'x';
const CELL = 84;
const EDGE = 26; // from the tablet's rim to the board
const SIDE = 3;
const DRAWING = 0.55; // the share of a move in which its sign is drawn
const LINES = ['012', '345', '678', '036', '147', '258', '048', '246'];

/** Who moved in each step from board to board, and to which cell; Pip's have a number of their own. */
function movesOf(data) {
  let own = 0;
  return data.boards.slice(1).map((after, index) => {
    const before = data.boards[index];
    const cell = [...after].findIndex((sign, place) => sign !== before[place]);
    const who = after[cell];
    return { who, cell, own: who === 'x' ? own++ : null };
  });
}

function centre(cell) {
  return {
    x: EDGE + ((cell % SIDE) + 0.5) * CELL,
    y: EDGE + (Math.floor(cell / SIDE) + 0.5) * CELL,
  };
}

/** A cross of two strokes, or a nought of one; `pathLength` lets them be drawn by degrees. */
function signShape(move) {
  const { x, y } = centre(move.cell);
  const strokes = move.who === 'x' ? ['M-22 -22 L22 22', 'M22 -22 L-22 22'] : ['M0 -24 a24 24 0 1 1 -.1 0'];
  return make(
    'g',
    { class: `sign ${move.who === 'x' ? 'cross' : 'nought'}`, transform: `translate(${x} ${y})` },
    strokes.map((d) => make('path', { d, pathLength: 1 })),
  );
}

function tablet() {
  const size = SIDE * CELL;
  const cells = Array.from({ length: SIDE * SIDE }, (_, cell) => {
    const { x, y } = centre(cell);
    const place = { x: x - CELL / 2, y: y - CELL / 2, width: CELL, height: CELL };
    return [
      make('rect', { ...place, class: 'cell' }),
      make('text', { x: x - CELL / 2 + 8, y: y - CELL / 2 + 19, class: 'number' }, String(cell + 1)),
    ];
  });
  const ends = [EDGE + 6, EDGE + size - 6];
  const bars = [1, 2].flatMap((index) => {
    const at = EDGE + index * CELL;
    return [
      make('line', { x1: at, x2: at, y1: ends[0], y2: ends[1], class: 'bar' }),
      make('line', { y1: at, y2: at, x1: ends[0], x2: ends[1], class: 'bar' }),
    ];
  });
  const rim = { width: size + 2 * EDGE, height: size + 2 * EDGE, rx: 20, class: 'rim' };
  return [make('rect', rim), cells, bars];
}

/** Every sign as it stands after so many whole moves, and a part of the next one. */
function place(memory, data, moment) {
  const done = Math.min(memory.moves.length, Math.floor(moment));
  memory.signs.forEach((group, index) => {
    const share = index < done ? 1 : index > done ? 0 : Math.min(1, (moment - done) / DRAWING);
    const strokes = [...group.children];
    group.style.display = share > 0 ? '' : 'none';
    strokes.forEach((stroke, place) => {
      const drawn = Math.max(0, Math.min(1, share * strokes.length - place));
      stroke.style.strokeDasharray = `${drawn} 2`;
    });
  });
  mark(memory, data, Math.min(memory.moves.length, moment > done ? done + 1 : done));
}

function marksOf(data, move, count) {
  const line = lineOf(data.boards[count]);
  return [...(move ? [frame(move.cell)] : []), ...(line ? [line] : [])];
}

function frame(cell) {
  const { x, y } = centre(cell);
  const [left, top, size] = [x - CELL / 2 + 4, y - CELL / 2 + 4, CELL - 8];
  return make('rect', { x: left, y: top, width: size, height: size, rx: 8, class: 'latest' });
}

/** The line through three signs of one kind, where there is one. */
function lineOf(board) {
  const found = LINES.find((line) => {
    const [first, second, third] = [...line].map((cell) => board[cell]);
    return first !== '.' && first === second && second === third;
  });
  if (!found) return null;
  const [from, to] = [centre(Number(found[0])), centre(Number(found[2]))];
  return make('line', { x1: from.x, y1: from.y, x2: to.x, y2: to.y, class: 'three' });
}

function swatch(who) {
  return make('i', { class: `swatch ${who}`, 'aria-hidden': 'true' }, who === 'x' ? '×' : '○');
}

/** What Pip wrote at a move, whether its reason was right, and whether the cross went there. */
function wordsOf(data, move) {
  if (move.who === 'o') return [make('span', { class: 'move' }, `o${move.cell + 1}`)];
  const words = data.said[move.own];
  const [reason, cross] = [words.slice(0, -1).join(' '), words[words.length - 1]];
  const follows = cross === `x${words[words.length - 2]}`;
  const isReplaced = data.replaced.includes(move.own);
  return [
    make('span', { class: data.right[move.own] ? 'reason right' : 'reason' }, reason),
    make('span', { class: data.right[move.own] ? 'tick' : 'tick wrong' }, data.right[move.own] ? 'right' : 'wrong'),
    make('span', { class: follows ? 'move' : 'move astray' }, cross),
    isReplaced ? make('span', { class: 'not-allowed' }, `not allowed: x${move.cell + 1}`) : null,
  ];
}

function pictureOf(memory, data) {
  memory.signs = memory.moves.map(signShape);
  const size = SIDE * CELL + 2 * EDGE;
  return make(
    'svg',
    { role: 'img', viewBox: `0 0 ${size} ${size}`, 'aria-label': data.alt },
    tablet(),
    memory.signs,
    memory.marks,
  );
}
