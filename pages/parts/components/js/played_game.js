// A game on a tablet, played once, move by move; a stage says how it stands at a moment (`place`).

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
