// A game on a tablet, played once, move by move, and the list of its moves beside it.
//
// A stage says who plays (`PLAYERS`, `PIP_SIGN`, `swatch`), what was done (`movesOf`, `wordsOf`), and
// draws it: the tablet (`pictureOf`), a moment (`place`), and what marks the latest move (`marksOf`).

const PACE = 620; // milliseconds a move takes, when there is time
const QUICKEST = 130; // milliseconds
const FIRST_LOOK = 3500; // milliseconds for a game of which nobody knows how much time it has

/** Milliseconds a move takes, so that the game is over before the next update. */
function paceOf(memory, data) {
  const now = performance.now();
  const measured = memory.changedAt ? now - memory.changedAt : Infinity;
  memory.changedAt = now;
  const guess = measured < FIRST_LOOK ? measured * 0.9 : Infinity;
  const budget = data.seconds === null ? guess : data.seconds * 950;
  return Math.max(QUICKEST, Math.min(PACE, budget / Math.max(1, memory.moves.length)));
}

/** The game is played no further. */
function stop(memory) {
  cancelAnimationFrame(memory.frame);
  memory.tick = null;
}

/** A game that was broken off while it was played goes on where it would be by now. */
function goOn(memory) {
  cancelAnimationFrame(memory.frame);
  memory.tick?.(performance.now());
}

function play(memory, data) {
  stop(memory);
  const pace = paceOf(memory, data);
  const end = memory.moves.length;
  if (!end || prefersStillness()) {
    place(memory, data, end);
    return;
  }
  const begin = performance.now();
  memory.tick = (now) => {
    const moment = Math.max(0, now - begin) / pace;
    place(memory, data, Math.min(end, moment));
    if (moment < end) memory.frame = requestAnimationFrame(memory.tick);
    else memory.tick = null;
  };
  memory.tick(begin);
}

/** Shows which move is the latest, on the board and in the list, and nothing of what is to come. */
function mark(memory, data, count) {
  if (memory.count === count) return;
  memory.count = count;
  memory.marks.replaceChildren(...marksOf(data, memory.moves[count - 1], count));
  memory.seen = Math.max(memory.seen, count);
  memory.buttons.forEach((button, index) => {
    button.setAttribute('aria-pressed', String(index + 1 === count));
    button.classList.toggle('to-come', index >= memory.seen);
  });
  memory.end.classList.toggle('to-come', memory.seen < memory.moves.length);
}

function nameOf(data, who) {
  return who === PIP_SIGN ? 'Pip' : data.opponent;
}

function legend(data) {
  return make(
    'p',
    { class: 'legend' },
    PLAYERS.map((who) => make('span', {}, swatch(who), nameOf(data, who))),
  );
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
      wordsOf(data, move, index),
    ),
  );
  return memory.buttons.map((button) => make('li', {}, button));
}

function ending(data) {
  if (data.end === 'drawn') return 'Nobody has won.';
  if (data.end === 'won') return 'Pip has won.';
  return data.end === 'lost' ? `${data.opponent} has won.` : '';
}

function build(root, memory, data) {
  memory.moves = movesOf(data);
  memory.count = -1;
  memory.seen = 0;
  memory.end = make('p', { class: 'end' }, ending(data));
  memory.marks = make('g', {});
  const side = [legend(data), make('ol', { class: 'moves' }, list(memory, data)), memory.end];
  show(
    root,
    make(
      'div',
      { class: 'stage' },
      make('div', { class: 'table' }, pictureOf(memory, data), make('div', { class: 'side' }, side)),
      make('p', { class: 'note' }, withFigures(data.note)),
    ),
  );
}

export default function ({ data: [data], parentElement }) {
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
