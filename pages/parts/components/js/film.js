// Plays what happened once, from its start to its end. A stage says how: its film has
// `lasts(data)`, how much there is to play, 0 if nothing; `pace(data)`, how much of it in a second;
// `lay(memory, data, pace)`, which draws what stands still; `standAt(memory, data, moment)`, which
// draws what moves; and, if there is more to say at the end, `sayEnd(memory, data)`.

function settle(memory, data, film) {
  film.standAt(memory, data, film.lasts(data));
  film.sayEnd?.(memory, data);
  memory.playing = false;
  if (memory.waiting) play(memory, memory.waiting, film);
}

function play(memory, data, film) {
  cancelAnimationFrame(memory.frame);
  memory.waiting = null;
  memory.now = data;
  memory.playing = true;
  const end = film.lasts(data);
  const pace = film.pace(data);
  film.lay(memory, data, prefersStillness() ? 1 : pace);
  if (!end || prefersStillness()) {
    settle(memory, data, film);
    return;
  }
  const begin = performance.now();
  const tick = (time) => {
    const moment = Math.max(0, ((time - begin) / 1000) * pace);
    if (moment >= end) {
      settle(memory, data, film);
      return;
    }
    film.standAt(memory, data, moment);
    memory.frame = requestAnimationFrame(tick);
  };
  tick(begin);
}

/** Plays `data` unless they are shown already; while more are to come, they wait for the end. */
function showFilm(memory, data, film) {
  const shown = JSON.stringify(data);
  if (memory.shown === shown) return;
  memory.shown = shown;
  if (memory.playing && memory.now.live) memory.waiting = data;
  else play(memory, data, film);
}
