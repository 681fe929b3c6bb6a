// A map to draw on: by pointer, by finger or by keys. What stands here is what counts: Python hears
// of every stroke, and replaces the drawing only where another one was asked for (`origin`).

const TOOLS = [
  { sign: '#', name: 'Wall', key: 'w' },
  { sign: '.', name: 'Floor', key: 'f' },
  { sign: 'S', name: 'Start', key: 's' },
  { sign: 'G', name: 'Goal', key: 'g' },
  { sign: 'P', name: 'Pad', key: 'p' },
  { sign: 'C', name: 'Spill', key: 'c' },
  { sign: '+', name: 'Amount', key: 'a' },
  { sign: '^', name: 'Arrow up', key: 'u' },
  { sign: 'v', name: 'Arrow down', key: 'd' },
  { sign: '<', name: 'Arrow left', key: 'l' },
  { sign: '>', name: 'Arrow right', key: 'r' },
];
const ARROWS = new Set('^v<>');
const CELL_WORDS = {
  '#': 'wall',
  '.': 'floor',
  S: 'start',
  G: 'where an episode ends',
  P: 'charging pad',
  C: 'spill',
  '^': 'arrow tile, upwards',
  v: 'arrow tile, downwards',
  '<': 'arrow tile, to the left',
  '>': 'arrow tile, to the right',
};
const SIGNS = {
  P: 'M3 -17 l-11 19 h9 l-4 15 12 -20 h-9z',
  C: 'M-16 -5 q4 -6 8 0 t8 0 t8 0 t8 0 M-16 8 q4 -6 8 0 t8 0 t8 0 t8 0',
  '^': 'M-10 3 L0 -8 L10 3 M-10 13 L0 2 L10 13',
  v: 'M-10 -3 L0 8 L10 -3 M-10 -13 L0 -2 L10 -13',
  '<': 'M3 -10 L-8 0 L3 10 M13 -10 L2 0 L13 10',
  '>': 'M-3 -10 L8 0 L-3 10 M-13 -10 L-2 0 L-13 10',
};
const KEYS_IN_WORDS =
  'Drag to draw; the right button draws floor. With keys: the arrow keys move, Space draws, Shift ' +
  'with an arrow key draws on the way, a letter chooses what is drawn, Ctrl+Z takes back.';
const LARGEST_CELL = 40; // px
const SMALLEST_CELL = 24; // px, what a finger still hits; a wider map scrolls
const DECIMALS = 9; // of an amount
const MOST_STROKES = 200; // that can be undone
const KEPT = new Map(); // the drawing of each slot, even while its element is away

/** The line of a sign; start and goal are the setting's. */
function lineOf(sign) {
  return { S: DRAWINGS.start, G: DRAWINGS.goal }[sign] ?? SIGNS[sign];
}

function picture(sign) {
  if (!lineOf(sign)) return null;
  return make(
    'svg',
    { viewBox: '-20 -20 40 40', 'aria-hidden': 'true', class: `sign ${ARROWS.has(sign) ? 'arrow' : `sign-${sign}`}` },
    make('path', { d: lineOf(sign), transform: 'SG'.includes(sign) ? 'scale(1.15)' : null }),
  );
}

/** An amount as it is. */
function wholeAmount(amount) {
  return `${amount > 0 ? '+' : '\u2212'}${Math.abs(amount)}`;
}

/** What a tool is called; the goal is another place in another setting. */
function nameOf(memory, { sign, name }) {
  return sign === 'G' ? memory.data.goal : name;
}

function cellWords(memory, sign) {
  const words = CELL_WORDS[sign];
  return sign === 'G' ? `${memory.data.goal.toLowerCase()}, ${words}` : words;
}

function cellLabel(memory, cell) {
  const { drawing } = memory.kept;
  const row = Math.floor(cell / drawing.columns) + 1;
  const column = (cell % drawing.columns) + 1;
  const amount = drawing.amounts.get(cell);
  const paid = amount ? `, pays ${wholeAmount(amount)}` : '';
  return `Row ${row}, column ${column}: ${cellWords(memory, drawing.signs[cell])}${paid}`;
}

/** What one editor holds; `redraw` and `report` are given by the mounted element. */
function beginWith(data) {
  return {
    origin: data.origin,
    drawing: drawingOf(data.drawn, data.paint),
    past: [],
    future: [],
    tool: '#',
    amount: 1,
    at: 0, // the cell that the keyboard is on
    stroke: null,
  };
}

function keptFor(data) {
  const kept = KEPT.get(data.slot);
  if (!kept) {
    KEPT.set(data.slot, beginWith(data));
  } else if (kept.origin !== data.origin) {
    const drawing = drawingOf(data.drawn, data.paint);
    kept.origin = data.origin;
    kept.stroke = null;
    if (!isSame(kept.drawing, drawing)) {
      remember(kept, kept.drawing);
      kept.drawing = drawing;
    }
  }
  return KEPT.get(data.slot);
}

function remember(kept, before) {
  kept.past.push(before);
  if (kept.past.length > MOST_STROKES) kept.past.shift();
  kept.future = [];
}

/** Makes a change that can be undone. */
function change(memory, after) {
  const { kept } = memory;
  const before = kept.drawing;
  if (isSame(before, after)) return;
  remember(kept, before);
  kept.drawing = after;
  changed(memory);
}

function changed(memory) {
  redraw(memory);
  report(memory);
}

function report(memory) {
  const { origin, drawing } = memory.kept;
  memory.setStateValue('map', {
    origin,
    drawn: drawnText(drawing),
    paint: paintText(drawing),
  });
}

function takeBack(memory, from, to) {
  const { kept } = memory;
  if (!kept[from].length) return;
  kept[to].push(kept.drawing);
  kept.drawing = kept[from].pop();
  changed(memory);
}

function painted(drawing, cell, tool, amount) {
  return tool === '+' ? withAmount(drawing, cell, amount) : withSign(drawing, cell, tool);
}

function say(memory, text) {
  memory.live.textContent = text;
}

// The grid.

function cellAt(memory, event) {
  const { drawing } = memory.kept;
  const box = memory.grid.getBoundingClientRect();
  const clamp = (value, most) => Math.min(most - 1, Math.max(0, Math.floor(value)));
  const column = clamp(((event.clientX - box.left) / box.width) * drawing.columns, drawing.columns);
  const row = clamp(((event.clientY - box.top) / box.height) * rowCount(drawing), rowCount(drawing));
  return row * drawing.columns + column;
}

/** While the amount is none, no cell is drawn on. Says so, and returns whether it is so. */
function waitsForAmount(memory) {
  if (!memory.amountProblem) return false;
  say(memory, memory.amountProblem);
  memory.amount.focus();
  return true;
}

function beginStroke(memory, event) {
  const { kept } = memory;
  if (memory.hand || (event.button !== 0 && event.button !== 2) || kept.stroke) return;
  event.preventDefault();
  if (waitsForAmount(memory)) return;
  const tool = event.button === 2 ? FLOOR : kept.tool;
  const cell = cellAt(memory, event);
  kept.stroke = { pointer: event.pointerId, before: kept.drawing, tool, last: cell };
  memory.grid.setPointerCapture(event.pointerId);
  kept.drawing = painted(kept.drawing, cell, tool, kept.amount);
  goTo(memory, cell);
}

function goOn(memory, event) {
  const { kept } = memory;
  const { stroke } = kept;
  if (!stroke || event.pointerId !== stroke.pointer) return;
  const cell = cellAt(memory, event);
  if (cell === stroke.last) return;
  // What there is once follows the pointer over the map as it was.
  if (ONLY_ONE.has(stroke.tool)) kept.drawing = stroke.before;
  const way = ONLY_ONE.has(stroke.tool)
    ? [cell]
    : cellsBetween(stroke.last, cell, kept.drawing.columns);
  for (const next of way) kept.drawing = painted(kept.drawing, next, stroke.tool, kept.amount);
  stroke.last = cell;
  redraw(memory);
}

function endStroke(memory, event) {
  const { kept } = memory;
  const { stroke } = kept;
  if (!stroke || event.pointerId !== stroke.pointer) return;
  const after = kept.drawing;
  kept.stroke = null;
  kept.drawing = stroke.before;
  kept.at = stroke.last;
  change(memory, after);
  redraw(memory);
}

function goTo(memory, cell) {
  memory.kept.at = cell;
  redraw(memory);
  memory.cells[cell].focus({ preventScroll: !memory.hand });
}

function paintHere(memory, tool = memory.kept.tool) {
  const { kept } = memory;
  if (waitsForAmount(memory)) return;
  change(memory, painted(kept.drawing, kept.at, tool, kept.amount));
  say(memory, cellLabel(memory, kept.at));
}

const WAYS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function move(memory, event) {
  const { kept } = memory;
  const { columns } = kept.drawing;
  const [down, right] = WAYS[event.key];
  const row = Math.floor(kept.at / columns) + down;
  const column = (kept.at % columns) + right;
  if (row < 0 || row >= rowCount(kept.drawing) || column < 0 || column >= columns) return;
  goTo(memory, row * columns + column);
  if (event.shiftKey) paintHere(memory);
}

function onKey(memory, event) {
  const { kept } = memory;
  const { columns } = kept.drawing;
  const word = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) {
    if (word === 'z') takeBack(memory, ...(event.shiftKey ? ['future', 'past'] : ['past', 'future']));
    else if (word === 'y') takeBack(memory, 'future', 'past');
    else if (word === 'home') goTo(memory, 0);
    else if (word === 'end') goTo(memory, kept.drawing.signs.length - 1);
    else return;
  } else if (event.altKey) {
    return;
  } else if (WAYS[event.key]) {
    move(memory, event);
  } else if (event.key === ' ' || event.key === 'Enter') {
    paintHere(memory);
  } else if (event.key === 'Delete' || event.key === 'Backspace') {
    paintHere(memory, FLOOR);
  } else if (event.key === 'Home') {
    goTo(memory, kept.at - (kept.at % columns));
  } else if (event.key === 'End') {
    goTo(memory, kept.at - (kept.at % columns) + columns - 1);
  } else {
    const tool = TOOLS.find((one, index) => one.key === word || String(index + 1) === word);
    if (!tool) return;
    choose(memory, tool.sign);
    say(memory, `Draws ${nameOf(memory, tool).toLowerCase()}`);
  }
  event.preventDefault();
  event.stopPropagation();
}

function choose(memory, sign) {
  memory.kept.tool = sign;
  memory.hand = false;
  if (memory.amountProblem) showAmount(memory);
  redraw(memory);
}

function layCells(memory) {
  const { drawing } = memory.kept;
  const { columns } = drawing;
  const shape = `${rowCount(drawing)} ${columns}`;
  if (memory.shape === shape) return;
  memory.shape = shape;
  memory.cells = drawing.signs.map(() => make('div', { role: 'gridcell', class: 'cell' }));
  const rows = Array.from({ length: rowCount(drawing) }, (_, row) =>
    make(
      'div',
      { role: 'row', class: 'line' },
      memory.cells.slice(row * columns, (row + 1) * columns),
    ),
  );
  memory.grid.replaceChildren(...rows);
  memory.grid.setAttribute('aria-rowcount', rowCount(drawing));
  memory.grid.setAttribute('aria-colcount', columns);
  memory.shown = [];
  fit(memory);
}

/** As large as fits, and never too small for a finger: a wide map then scrolls. */
function fit(memory) {
  const { columns } = memory.kept.drawing;
  const width = memory.frame.clientWidth - 2;
  const size = Math.max(SMALLEST_CELL, Math.min(LARGEST_CELL, Math.floor(width / columns)));
  memory.grid.style.setProperty('--cell', `${size}px`);
  const isWide = width > 0 && size * columns > width;
  memory.handButton.hidden = !isWide;
  if (!isWide) memory.hand = false;
  memory.grid.classList.toggle('scrolls', Boolean(memory.hand));
}

function drawCells(memory) {
  const { drawing, at } = memory.kept;
  memory.cells.forEach((cell, index) => {
    const sign = drawing.signs[index];
    const amount = drawing.amounts.get(index);
    const look = `${sign} ${amount ?? ''}`;
    cell.tabIndex = index === at ? 0 : -1;
    if (memory.shown[index] === look) return;
    memory.shown[index] = look;
    cell.dataset.sign = sign;
    cell.className = `cell ${sign === '#' ? 'wall' : 'open'}${amount ? ' paid' : ''}`;
    cell.setAttribute('aria-label', cellLabel(memory, index));
    cell.replaceChildren(
      ...[picture(sign), amount ? make('b', {}, shortAmount(amount)) : null].filter(Boolean),
    );
  });
}

function redraw(memory) {
  const { kept } = memory;
  const { drawing } = kept;
  const { limits } = memory.data;
  kept.at = Math.min(kept.at, drawing.signs.length - 1);
  layCells(memory);
  drawCells(memory);
  fit(memory);
  for (const [sign, button] of memory.tools) {
    button.setAttribute('aria-pressed', String(sign === kept.tool && !memory.hand));
  }
  memory.handButton.setAttribute('aria-pressed', String(Boolean(memory.hand)));
  memory.undo.setAttribute('aria-disabled', String(!kept.past.length));
  memory.redo.setAttribute('aria-disabled', String(!kept.future.length));
  const [rows, columns] = [rowCount(drawing), drawing.columns];
  const blocked = [
    rows <= 1 || rows * columns <= 2,
    rows >= limits.rows,
    columns <= 1 || rows * columns <= 2,
    columns >= limits.columns,
  ];
  memory.sizes.forEach((button, index) =>
    button.setAttribute('aria-disabled', String(blocked[index])),
  );
  memory.rows.textContent = rows === 1 ? '1 row' : `${rows} rows`;
  memory.columns.textContent = columns === 1 ? '1 column' : `${columns} columns`;
}

// The palette and what stands around the grid.

function button(words, onclick, attributes = {}) {
  const element = make('button', { type: 'button', class: 'button', ...attributes }, words);
  element.onclick = () => element.getAttribute('aria-disabled') !== 'true' && onclick();
  return element;
}

function sizeButton(sign, words, onclick) {
  return button(sign, onclick, { class: 'button step', 'aria-label': words });
}

function toolButton(memory, tool) {
  const { sign, key } = tool;
  const name = nameOf(memory, tool);
  const swatch = make(
    'span',
    { class: `swatch ${sign === '#' ? 'wall' : 'open'}`, 'aria-hidden': 'true' },
    sign === '+' ? make('b', {}, '+1') : picture(sign),
  );
  if (ARROWS.has(sign)) {
    return button(
      [swatch, make('kbd', { 'aria-hidden': 'true' }, key.toUpperCase())],
      () => choose(memory, sign),
      { class: 'button tool arrow-tool', 'aria-label': name, 'aria-keyshortcuts': key, title: name },
    );
  }
  return button(
    [swatch, make('span', {}, name), make('kbd', { 'aria-hidden': 'true' }, key.toUpperCase())],
    () => choose(memory, sign),
    { class: 'button tool', 'aria-keyshortcuts': key },
  );
}

/** The last amount that was one, instead of what stands in the field. */
function showAmount(memory) {
  memory.amount.value = String(memory.kept.amount);
  tellOfAmount(memory, '');
}

function tellOfAmount(memory, problem) {
  memory.amountProblem = problem;
  memory.amount.setAttribute('aria-invalid', String(Boolean(problem)));
  memory.amountNote.textContent = problem;
}

function amountField(memory) {
  const field = make('input', {
    type: 'text',
    inputmode: 'decimal',
    class: 'amount',
    id: 'amount',
    autocomplete: 'off',
    'aria-describedby': 'amount-says',
  });
  const note = make('span', { class: 'small warning', id: 'amount-says', role: 'status' });
  field.oninput = () => {
    const { amount: most } = memory.data.limits;
    const text = field.value.trim().replace('\u2212', '-');
    const value = text === '' ? NaN : Number(Number(text).toFixed(DECIMALS));
    const isGood = Number.isFinite(value) && Math.abs(value) <= most;
    const end = most.toExponential(0).replace('+', '');
    tellOfAmount(
      memory,
      isGood
        ? ''
        : `Write a number between \u2212${end} and ${end}. Until then nothing is drawn.`,
    );
    if (isGood) memory.kept.amount = value;
    memory.kept.tool = '+';
    memory.hand = false;
    redraw(memory);
  };
  memory.amount = field;
  memory.amountNote = note;
  showAmount(memory);
  return make(
    'div',
    { class: 'paid-field' },
    make('label', { for: 'amount' }, 'Amount for a cell'),
    field,
    note,
  );
}

function mapChooser(memory) {
  const chooser = make('select', { class: 'button chooser', 'aria-label': 'Start from a map' });
  chooser.onchange = () => {
    const known = memory.data.maps[Number(chooser.value)];
    chooser.value = '';
    if (known) change(memory, drawingOf(known.drawn, known.paint));
  };
  return chooser;
}

function fillChooser(memory) {
  const { maps } = memory.data;
  const titles = maps.map((map) => map.title).join('\n');
  if (memory.titles === titles) return;
  memory.titles = titles;
  memory.chooser.replaceChildren(
    make('option', { value: '' }, 'Start from \u2026'),
    ...maps.map((map, index) => make('option', { value: String(index) }, map.title)),
  );
}

function resize(memory, rows, columns) {
  const { drawing } = memory.kept;
  change(memory, resized(drawing, rowCount(drawing) + rows, drawing.columns + columns));
}

function build(root, memory) {
  memory.tools = new Map(TOOLS.map((tool) => [tool.sign, toolButton(memory, tool)]));
  memory.handButton = button('Move the view', () => {
    memory.hand = !memory.hand;
    redraw(memory);
  });
  memory.grid = make('div', {
    role: 'grid',
    class: 'grid',
    'aria-label': 'Map to draw on',
    'aria-describedby': 'keys',
  });
  memory.grid.onpointerdown = (event) => beginStroke(memory, event);
  memory.grid.onpointermove = (event) => goOn(memory, event);
  memory.grid.onpointerup = (event) => endStroke(memory, event);
  memory.grid.onpointercancel = (event) => endStroke(memory, event);
  memory.grid.oncontextmenu = (event) => event.preventDefault();
  memory.grid.onkeydown = (event) => onKey(memory, event);
  memory.frame = make('div', { class: 'frame' }, memory.grid);
  memory.undo = button('Undo', () => takeBack(memory, 'past', 'future'));
  memory.redo = button('Redo', () => takeBack(memory, 'future', 'past'));
  memory.rows = make('span', { class: 'small digits', 'aria-live': 'polite' });
  memory.columns = make('span', { class: 'small digits', 'aria-live': 'polite' });
  memory.sizes = [
    sizeButton('\u2212', 'Take the last row away', () => resize(memory, -1, 0)),
    sizeButton('+', 'Add a row', () => resize(memory, 1, 0)),
    sizeButton('\u2212', 'Take the last column away', () => resize(memory, 0, -1)),
    sizeButton('+', 'Add a column', () => resize(memory, 0, 1)),
  ];
  memory.chooser = mapChooser(memory);
  memory.says = make('div', { class: 'says', role: 'status' });
  memory.live = make('div', { class: 'hidden', role: 'status' });
  root.replaceChildren(
    make(
      'div',
      { class: 'editor' },
      make(
        'div',
        { class: 'palette', role: 'group', 'aria-label': 'Draw with' },
        [...memory.tools].filter(([sign]) => !ARROWS.has(sign) && sign !== '+').map(([, one]) => one),
        make(
          'div',
          { class: 'arrow-tools', role: 'group', 'aria-label': 'Arrow tiles' },
          [...ARROWS].map((sign) => memory.tools.get(sign)),
        ),
        memory.tools.get('+'),
        memory.handButton,
        amountField(memory),
      ),
      make(
        'div',
        { class: 'paper' },
        memory.frame,
        make(
          'div',
          { class: 'bar', role: 'group', 'aria-label': 'The whole map' },
          memory.undo,
          memory.redo,
          make('span', { class: 'size' }, memory.sizes[0], memory.rows, memory.sizes[1]),
          make('span', { class: 'size' }, memory.sizes[2], memory.columns, memory.sizes[3]),
          button('Clear', () => change(memory, cleared(memory.kept.drawing)), {
            'aria-label': `Clear: keep the start and the ${memory.data.goal.toLowerCase()} alone`,
          }),
          memory.chooser,
        ),
        memory.says,
      ),
      make('p', { class: 'small muted', id: 'keys' }, KEYS_IN_WORDS),
    ),
    memory.live,
  );
}

function showSays(memory) {
  const text = JSON.stringify(memory.data.says);
  if (memory.said === text) return;
  memory.said = text;
  memory.says.replaceChildren(
    ...memory.data.says.map(({ text: sentence, warning }) =>
      make('p', { class: warning ? 'warning' : null }, withFigures(sentence)),
    ),
  );
}

export default function ({ data: [data], parentElement, setStateValue }) {
  const root = parentElement.querySelector('.root');
  furnish(root, data);
  const memory = memoryOf(root);
  memory.data = data;
  memory.setStateValue = setStateValue;
  memory.kept = keptFor(data);
  if (!memory.grid) build(root, memory);
  fillChooser(memory);
  showSays(memory);
  redraw(memory);
  memory.unwatch?.();
  memory.unwatch = watchWidth(memory.frame, () => fit(memory));
  return () => memory.unwatch();
}
