// What else moves on a map: one picture for each, always where it was when the robot was where it is.

/** A trolley of the setting, fitted into a cell, or what falls there. */
function mover(kind) {
  if (kind === 'pill') return make('g', { class: 'mover' }, built(FALLING[DRAWINGS.falling]));
  return make(
    'g',
    { class: 'mover' },
    make('g', { transform: 'translate(0 24) scale(.66)' }, trolleyParts()),
  );
}

/** Pictures of all that moves, as many as the data have; the old ones are kept if they fit. */
function drawMovers(memory, data) {
  const look = data.mover_kind === 'pill' ? DRAWINGS.falling : DRAWINGS.trolley;
  const wanted = `${look}:${data.movers.length}`;
  if (memory.moverKind !== wanted) {
    memory.moverKind = wanted;
    memory.movers.replaceChildren(...data.movers.map(() => mover(data.mover_kind)));
  }
}

/** Puts everything where it was `part` of the way from step `index` to the one after it. */
function placeMovers(memory, data, index, part) {
  const columns = data.rows[0].length;
  data.movers.forEach((cells, number) => {
    const last = cells.length - 1;
    const [x, y] = centre(cells[Math.min(last, index)], columns);
    const [toX, toY] = centre(cells[Math.min(last, index + 1)], columns);
    const [atX, atY] = [x + (toX - x) * part, y + (toY - y) * part];
    memory.movers.children[number]?.setAttribute(
      'transform',
      `translate(${atX.toFixed(1)} ${atY.toFixed(1)})`,
    );
  });
}

/** Whether the trail ended in a collision, which is marked where the robot stands. */
function markEnd(memory, data, isOver) {
  memory.crash.style.display = isOver && data.end === 'collided' ? '' : 'none';
  const last = data.trail.length - 1;
  if (last < 0) return;
  const [x, y] = centre(data.trail[last], data.rows[0].length);
  memory.crash.setAttribute('transform', `translate(${x} ${y})`);
}

function crashMark() {
  return make('path', {
    d: 'M0 -34 L8 -14 L28 -22 L17 -4 L34 8 L13 12 L14 33 L0 17 L-14 33 L-13 12 L-34 8 L-17 -4 L-28 -22 L-8 -14 Z',
    class: 'crash',
    style: 'display:none',
  });
}
