// A map that is being drawn, as plain data: signs and painted amounts, cell by cell.

const FLOOR = '.';
const WALL = '#';
const ONLY_ONE = new Set(['S', 'G']); // drawn again, they move

/** The drawing of two texts: rows between slashes, and `cell:amount` between spaces. */
function drawingOf(drawn, paint) {
  const rows = drawn.split('/');
  const pairs = paint.split(' ').filter(Boolean);
  return {
    columns: rows[0].length,
    signs: [...rows.join('')],
    amounts: new Map(pairs.map((pair) => pair.split(':').map(Number))),
  };
}

function rowCount(drawing) {
  return drawing.signs.length / drawing.columns;
}

function drawnText(drawing) {
  const rows = Array.from({ length: rowCount(drawing) }, (_, row) =>
    drawing.signs.slice(row * drawing.columns, (row + 1) * drawing.columns).join(''),
  );
  return rows.join('/');
}

function paintText(drawing) {
  return [...drawing.amounts]
    .sort(([one], [other]) => one - other)
    .map(([cell, amount]) => `${cell}:${amount}`)
    .join(' ');
}

function isSame(one, other) {
  return drawnText(one) === drawnText(other) && paintText(one) === paintText(other);
}

/** The drawing with another sign on a cell; nothing is paid inside a wall. */
function withSign(drawing, cell, sign) {
  const signs = drawing.signs.map((old) => (ONLY_ONE.has(sign) && old === sign ? FLOOR : old));
  const amounts = new Map(drawing.amounts);
  signs[cell] = sign;
  if (sign === WALL) amounts.delete(cell);
  return { ...drawing, signs, amounts };
}

/** The drawing with an amount on a cell that is no wall; 0 takes it away. */
function withAmount(drawing, cell, amount) {
  if (drawing.signs[cell] === WALL) return drawing;
  const amounts = new Map(drawing.amounts);
  if (amount) amounts.set(cell, amount);
  else amounts.delete(cell);
  return { ...drawing, amounts };
}

/** The drawing with rows and columns added or taken away at its lower and right edges. */
function resized(drawing, rows, columns) {
  const signs = Array(rows * columns).fill(FLOOR);
  const amounts = new Map();
  drawing.signs.forEach((sign, cell) => {
    const row = Math.floor(cell / drawing.columns);
    const column = cell % drawing.columns;
    if (row >= rows || column >= columns) return;
    const place = row * columns + column;
    signs[place] = sign;
    if (drawing.amounts.has(cell)) amounts.set(place, drawing.amounts.get(cell));
  });
  return { columns, signs, amounts };
}

/** Floor everywhere but where the robot begins and where it should go. */
function cleared(drawing) {
  const signs = drawing.signs.map((sign) => (ONLY_ONE.has(sign) ? sign : FLOOR));
  return { ...drawing, signs, amounts: new Map() };
}

/** Every cell on the straight way from one to another, so that a quick stroke leaves no gaps. */
function cellsBetween(from, to, columns) {
  const [row, column] = [Math.floor(from / columns), from % columns];
  const [down, right] = [Math.floor(to / columns) - row, (to % columns) - column];
  const steps = Math.max(Math.abs(down), Math.abs(right));
  return Array.from({ length: steps }, (_, index) => {
    const share = (index + 1) / steps;
    return Math.round(row + down * share) * columns + Math.round(column + right * share);
  });
}
