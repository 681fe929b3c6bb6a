// Finds room on the walls for the names of the places.

const CELL = 64;
const LETTER = 0.57; // mean width of a letter, in font sizes

/** Whether a stretch of a row is wall and free of other names. */
function isFree(rows, taken, row, from, to) {
  if (row < 0 || row >= rows.length || from < 0 || to > rows[0].length) return false;
  for (let column = Math.floor(from); column < to; column += 1) {
    if (rows[row][column] !== '#') return false;
  }
  return !taken.some((span) => span.row === row && from < span.to && to > span.from);
}

/**
 * Where each name stands, in map units: on the nearest wall above or below its cell, beginning
 * with it, ending with it or centred. One that finds no wall is left to the foot.
 */
function placeNames(rows, places, size) {
  const names = [];
  const taken = [];
  rows.forEach((line, row) =>
    [...line].forEach((letter, column) => {
      const text = places[letter];
      if (!text || !'SGP'.includes(letter)) return; // spills and arrows are many: see the foot
      if (names.some((name) => name.letter === letter)) return;
      const width = (text.length * LETTER * size) / CELL;
      const starts = [
        ['start', column],
        ['end', column + 1 - width],
        ['middle', column + 0.5 - width / 2],
      ];
      for (const wall of [row - 1, row + 1, row - 2, row + 2]) {
        const found = starts.find(([, from]) => isFree(rows, taken, wall, from, from + width));
        if (!found) continue;
        taken.push({ row: wall, from: found[1], to: found[1] + width });
        const anchorX = { start: column, end: column + 1, middle: column + 0.5 }[found[0]];
        const inset = { start: 0.05, end: -0.05, middle: 0 }[found[0]];
        names.push({
          letter,
          text,
          anchor: found[0],
          x: (anchorX + inset) * CELL,
          y: (wall + (wall < row ? 0.68 : 0.5)) * CELL,
        });
        return;
      }
    }),
  );
  return names;
}
