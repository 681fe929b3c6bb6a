// A floor that is cleaned: which places were dirty, and what was on board, as the robot drove.

const CRUMBS = [
  [-17, -14, 5],
  [13, -17, 4],
  [19, 10, 5.5],
  [-8, 18, 4.5],
  [-21, 9, 3.5],
  [3, -4, 4],
];

function heap() {
  return make(
    'g',
    { class: 'dirt' },
    make('ellipse', { cx: 0, cy: 2, rx: 27, ry: 24, class: 'dust' }),
    CRUMBS.map(([cx, cy, r]) => make('circle', { cx, cy, r, class: 'crumb' })),
  );
}

/** One heap for every cell that is dirty at some time, and one place in its bin for every piece on board. */
function buildDirt(memory, data) {
  const columns = data.rows[0].length;
  memory.heaps = new Map();
  for (const cell of new Set(data.dirt.flat())) {
    const picture = heap();
    const [x, y] = centre(cell, columns);
    picture.setAttribute('transform', `translate(${x} ${y})`);
    memory.heaps.set(cell, picture);
  }
  memory.dirt.replaceChildren(...memory.heaps.values());
  const most = Math.max(0, ...data.loads);
  memory.loads.replaceChildren(
    ...Array.from({ length: most }, (_, place) =>
      make('circle', { cx: -13 + 26 * place, cy: -22, r: 6.5, class: 'slot' }),
    ),
  );
}

/** The floor and the bin as they were after a step. */
function placeDirt(memory, data, index) {
  const dirty = new Set(data.dirt[Math.min(index, data.dirt.length - 1)] || []);
  memory.heaps.forEach((picture, cell) => {
    picture.style.display = dirty.has(cell) ? '' : 'none';
  });
  const load = data.loads[Math.min(index, data.loads.length - 1)] || 0;
  [...memory.loads.children].forEach((mark, place) => {
    mark.classList.toggle('full', place < load);
  });
}
