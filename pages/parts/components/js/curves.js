// A chart that keeps its element while it grows. Plotly draws its frame, and its lines once it is at
// rest or pointed at; the lines of a run that is on are drawn here.

const MOST_ROWS = 80;

function figureText(value, line, percent) {
  if (value === undefined) return '';
  return percent ? percentText(value) : written(value, line.digits);
}

/** The twin of the chart: the same figures as rows, thinned if there are very many. */
function table(data) {
  const all = [...new Set(data.series.flatMap((line) => line.x))].sort((one, other) => one - other);
  const stride = Math.ceil(all.length / MOST_ROWS);
  const kept = all.filter((_, index) => index % stride === 0 || index === all.length - 1);
  const columns = data.series.map((line) => new Map(line.x.map((x, index) => [x, line.y[index]])));
  const names = data.series.map((line) => (line.run ? `${line.name}, run ${line.run}` : line.name));
  return make(
    'table',
    {},
    make(
      'thead',
      {},
      make(
        'tr',
        {},
        [data.x_title || 'update', ...names].map((name) => make('th', { scope: 'col' }, name)),
      ),
    ),
    make(
      'tbody',
      {},
      kept.map((x) =>
        make(
          'tr',
          {},
          make('th', { scope: 'row' }, tickText(x, false)),
          data.series.map((line, index) =>
            make('td', {}, figureText(columns[index].get(x), line, data.percent)),
          ),
        ),
      ),
    ),
  );
}

/** Another text; the same one again would have the page laid out for nothing. */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function build(root, memory) {
  memory.sizes = new Map();
  memory.title = make('h2', { class: 'title' });
  memory.unit = make('p', { class: 'unit' });
  memory.ends = make('ul', { class: 'ends', 'aria-hidden': 'true', hidden: true });
  memory.switch = make(
    'button',
    { type: 'button', class: 'switch', 'aria-pressed': 'false' },
    'Table',
  );
  memory.save = make('button', { type: 'button', class: 'switch' }, 'PNG');
  memory.save.onclick = () => savePicture(root, memory);
  memory.plot = make('div', { class: 'plot', role: 'img' });
  memory.lines = make('svg', { class: 'lines', 'aria-hidden': 'true' });
  memory.overlay = make('div', { class: 'overlay', 'aria-hidden': 'true' });
  memory.rows = make('div', { class: 'rows', hidden: true, tabindex: 0, role: 'region' });
  memory.below = make('div', { class: 'below' });
  memory.area = make(
    'div',
    { class: 'area' },
    memory.plot,
    memory.lines,
    memory.overlay,
    memory.rows,
  );
  memory.switch.onclick = () => showTable(memory, memory.rows.hidden);
  // A chart that is pointed at answers with figures, for which Plotly must know them.
  memory.area.onpointerenter = () => tellPlotly(root, memory, true);
  memory.area.onpointerleave = () => {
    memory.pointedAt = false;
  };
  root.replaceChildren(
    make(
      'div',
      { class: 'heading' },
      make('div', {}, memory.title, memory.unit),
      make('div', { class: 'switches' }, memory.save, memory.switch),
    ),
    memory.ends,
    memory.area,
    memory.below,
  );
}

/** The chart as a picture of its own, with the words that the page writes around it. */
async function savePicture(root, memory) {
  const { data } = memory;
  await tellPlotly(root, memory);
  const { background, text } = colorsOf(root);
  const title = `${plain(data.title)}<br><sub>${plain(data.unit)}</sub>`;
  // In a picture there are no fonts of the page: what is measured in one is cut in another.
  const font = { family: 'sans-serif', color: text };
  const layout = {
    ...memory.plot.layout,
    font: { ...memory.plot.layout.font, family: font.family },
    title: { text: title, font: { ...font, size: 18 } },
    showlegend: true,
    legend: { font },
    paper_bgcolor: background,
    plot_bgcolor: background,
    margin: { l: 70, r: 30, t: 80, b: 60 },
  };
  window.Plotly?.downloadImage(
    { data: memory.plot.data, layout },
    { format: 'png', width: 960, height: 540, scale: 2, filename: data.file || data.title },
  );
}

function showTable(memory, shown) {
  memory.rows.hidden = !shown;
  memory.switch.setAttribute('aria-pressed', String(shown));
  memory.plot.style.visibility = shown ? 'hidden' : '';
  memory.lines.style.visibility = shown ? 'hidden' : '';
  memory.overlay.style.visibility = shown ? 'hidden' : '';
  if (shown) memory.rows.replaceChildren(table(memory.data));
}

function frameOf(memory, data, width, sameRun) {
  const known = rangeOf(data, memory, sameRun);
  memory.range = known;
  const range = known || [0, 1];
  const yTicks = data.y_ticks.length ? data.y_ticks : ticksWithin(range, 3);
  const xTicks = data.x_ticks.length
    ? data.x_ticks
    : ticksWithin(data.x_range, width < 300 ? 3 : 4);
  const endRow = hasEndRow(data, width);
  // In steps and never narrower during a run, so that a figure of another width moves nothing.
  const wanted = endRow ? 0 : Math.ceil(widestLabel(memory.overlay, data, width, memory.sizes) / 16) * 16;
  memory.label =
    !endRow && sameRun && memory.live === data.live ? Math.max(wanted, memory.label || 0) : wanted;
  memory.live = data.live;
  return {
    width,
    height: data.height,
    range,
    xTicks,
    yTicks,
    endRow,
    margin: marginsOf(data, yTicks, memory.label, width),
  };
}

function react(plot, traces, data, frame, colors) {
  return window.Plotly.react(plot, traces, layoutOf(data, frame, colors), {
    displayModeBar: false,
    responsive: false,
  });
}

/** Brings the plot up to the data, unless it is drawn already. */
function fill(memory, frame, colors) {
  const { data, plot } = memory;
  const isOn = data.live && !memory.pointedAt && !data.series.some((line) => line.low.length);
  const shown = JSON.stringify([isOn, frame, colors, data.x_range, data.x_title, data.percent]);
  const content = isOn ? shown : `${shown} ${JSON.stringify(data.series)}`;
  // Plotly goes on working after it returns; `busy` tells when it may be taken away.
  if (memory.drawn !== content)
    memory.busy = react(plot, isOn ? [] : tracesOf(data, colors), data, frame, colors);
  memory.drawn = content;
  if (isOn) drawLines(memory.lines, data, frame, colors);
  else memory.lines.replaceChildren();
}

/** Has Plotly draw the lines of a run that is on, too. */
function tellPlotly(root, memory, pointedAt = memory.pointedAt) {
  memory.pointedAt = true;
  paint(root, memory);
  memory.pointedAt = pointedAt;
  return memory.busy;
}

function paint(root, memory) {
  const { data } = memory;
  const width = memory.width || memory.area.clientWidth;
  if (!width || !window.Plotly) return;
  const colors = colorsOf(root);
  const frame = frameOf(memory, data, width, memory.run === data.run);
  fill(memory, frame, colors);
  memory.run = data.run;
  memory.plot.dataset.points = data.series[0]?.x.length ?? 0;
  drawEnds(memory.ends, data, frame.endRow);
  const left = drawOverlay(memory.overlay, data, frame, memory.sizes);
  memory.below.replaceChildren(
    ...left.map((moment) => make('p', { class: moment.warning ? 'warning' : null }, moment.text)),
  );
}

export default function ({ data: [data], parentElement }) {
  const root = parentElement.querySelector('.root');
  const memory = memoryOf(root);
  if (!memory.plot) build(root, memory);
  // A page that is on is drawn again and again, often with the chart as it was.
  const told = JSON.stringify([data, colorsOf(root)]);
  if (memory.told === told) return memory.end;
  memory.told = told;
  memory.data = data;
  write(memory.title, data.title);
  write(memory.unit, data.unit);
  memory.plot.setAttribute('aria-label', data.alt);
  memory.rows.setAttribute('aria-label', `${data.title}, as a table`);
  memory.area.style.height = `${data.height}px`;
  if (!memory.drawn)
    drawEnds(memory.ends, data, hasEndRow(data, memory.area.clientWidth || Infinity));
  if (!memory.rows.hidden) memory.rows.replaceChildren(table(data));
  plotlyReady().then(
    () => {
      paint(root, memory);
      if (memory.unwatch) return;
      memory.unwatch = watchWidth(memory.area, (now) => {
        memory.width = now;
        paint(root, memory);
      });
      document.fonts.ready.then(() => {
        memory.sizes.clear();
        paint(root, memory);
      });
    },
    () => showTable(memory, true),
  );
  memory.end = () => {
    memory.unwatch?.();
    memory.told = null;
    memory.drawn = null;
    Promise.resolve(memory.busy).finally(() => {
      if (memory.drawn === null && window.Plotly) window.Plotly.purge(memory.plot);
    });
  };
  return memory.end;
}
