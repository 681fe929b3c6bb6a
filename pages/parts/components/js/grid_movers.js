// What else moves on a map: one picture for each, always where it was when the robot was where it is.

/** A trolley, or a pill that falls. */
function mover(kind) {
  if (kind === 'pill') {
    return make(
      'g',
      { class: 'mover' },
      make('rect', { x: -17, y: -9, width: 34, height: 18, rx: 9, class: 'pill' }),
      make('path', { d: 'M0 -9 V9', class: 'pill-seam' }),
    );
  }
  return make(
    'g',
    { class: 'mover' },
    make('circle', { cx: -15, cy: 21, r: 5, class: 'wheel' }),
    make('circle', { cx: 15, cy: 21, r: 5, class: 'wheel' }),
    make('rect', { x: -24, y: -22, width: 48, height: 39, rx: 4, class: 'trolley' }),
    make('path', { d: 'M-24 -9 H24 M-24 4 H24', class: 'trolley-shelf' }),
  );
}

/** Pictures of all that moves, as many as the data have; the old ones are kept if they fit. */
function drawMovers(memory, data) {
  const wanted = `${data.mover_kind}:${data.movers.length}`;
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
