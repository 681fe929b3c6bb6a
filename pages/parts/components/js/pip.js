// Pip's face: nine lamps, three by three. The lamps that are lit are its expression.

const FACES = {
  idle: [4],
  listen: [3, 4, 5],
  think: [2, 4, 6],
  talk: [0, 2, 4, 6, 8],
  over: [0, 1, 2, 3, 4, 5, 6, 7, 8],
};

function pipFace(mood, size) {
  const lit = FACES[mood] || FACES.idle;
  const face = make(
    'g',
    {},
    make('rect', { width: size, height: size, rx: size * 0.26, class: 'pip-body' }),
  );
  for (let lamp = 0; lamp < 9; lamp += 1) {
    const cx = size * (0.26 + 0.24 * (lamp % 3));
    const cy = size * (0.26 + 0.24 * Math.floor(lamp / 3));
    const on = lit.includes(lamp);
    if (on) face.append(make('circle', { cx, cy, r: size * 0.125, class: 'pip-halo' }));
    face.append(
      make('circle', {
        cx,
        cy,
        r: size * (on ? 0.075 : 0.045),
        class: on ? 'pip-lamp' : 'pip-dark',
      }),
    );
  }
  return face;
}

/** Pip as a small picture beside text that names it. */
function pipPortrait(mood, size) {
  const box = `-1 -1 ${size + 2} ${size + 2}`;
  return make(
    'svg',
    { width: size, height: size, viewBox: box, 'aria-hidden': 'true' },
    pipFace(mood, size),
  );
}
