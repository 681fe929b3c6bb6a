// Plotly: loaded once for the page, fed with lines and bands only.

const PLOTLY = 'app/static/plotly/plotly-basic.min.js';

/** Loads Plotly once; the address is relative, so that it holds under a base path too. */
function plotlyReady() {
  if (window.Plotly) return Promise.resolve();
  if (!window.pipSchoolPlotly) {
    window.pipSchoolPlotly = new Promise((resolve, reject) => {
      const script = make('script', { src: new URL(PLOTLY, document.baseURI).href });
      script.onload = resolve;
      script.onerror = () => {
        window.pipSchoolPlotly = null;
        reject(new Error('Plotly could not be loaded.'));
      };
      document.head.append(script);
    });
  }
  return window.pipSchoolPlotly;
}

/** Plotly reads a little markup in texts; these must stay plain. */
function plain(text) {
  return String(text).replace(/&/g, '&amp;').replace(/</g, '&lt;');
}

function translucent(color, alpha) {
  const number = parseInt(color.slice(1), 16);
  return `rgba(${number >> 16},${(number >> 8) & 255},${number & 255},${alpha})`;
}

function colorsOf(root) {
  const style = getComputedStyle(root);
  const read = (name) => style.getPropertyValue(name).trim();
  const lines = Object.fromEntries(
    Object.entries(MEANINGS).map(([name, meaning]) => [name, read(meaning.color)]),
  );
  return {
    lines,
    background: read('--st-background-color'),
    border: read('--st-border-color'),
    ink: read('--st-gray-text-color'),
    text: read('--st-text-color'),
  };
}

function dashOf(line) {
  if (line.run === 'A') return 'solid';
  if (line.run === 'B') return '7px,5px';
  if (line.run === 'C') return 'dot';
  return MEANINGS[line.meaning].dash;
}

/** Each series gives its line, and before it two edges of its band if it has one. */
function tracesOf(data, colors) {
  return data.series.flatMap((line) => {
    const color = colors.lines[line.meaning];
    const edge = {
      type: 'scatter',
      mode: 'lines',
      x: [...line.x],
      line: { width: 0 },
      hoverinfo: 'skip',
    };
    const band = line.low.length
      ? [
          { ...edge, y: [...line.low] },
          {
            ...edge,
            x: [...line.x],
            y: [...line.high],
            fill: 'tonexty',
            fillcolor: translucent(color, 0.2),
          },
        ]
      : [];
    return [
      ...band,
      {
        type: 'scatter',
        mode: 'lines',
        name: plain(line.run ? `${line.run}: ${line.name}` : line.name),
        x: [...line.x],
        y: [...line.y],
        line: { color, width: MEANINGS[line.meaning].width, dash: dashOf(line) },
        opacity: MEANINGS[line.meaning].opacity ?? 1,
        hovertemplate: data.percent ? '%{y:.0%}' : `%{y:.${line.digits}f}`,
        cliponaxis: false,
      },
    ];
  });
}

function layoutOf(data, frame, colors) {
  const font = {
    family: 'Atkinson Hyperlegible Next, system-ui, sans-serif',
    size: 13,
    color: colors.ink,
  };
  return {
    width: frame.width,
    height: frame.height,
    margin: frame.margin,
    paper_bgcolor: 'rgba(0,0,0,0)',
    plot_bgcolor: 'rgba(0,0,0,0)',
    showlegend: false,
    hovermode: 'x unified',
    hoverlabel: {
      font: { ...font, color: colors.text },
      bgcolor: colors.background,
      bordercolor: colors.border,
    },
    font,
    xaxis: {
      range: data.x_range,
      tickvals: frame.xTicks,
      ticktext: frame.xTicks.map((tick) => tickText(tick, false)),
      showgrid: false,
      zeroline: false,
      linecolor: colors.border,
      ticks: 'outside',
      tickcolor: colors.border,
      ticklen: 4,
      fixedrange: true,
      unifiedhovertitle: { text: `${plain(data.x_title || 'update')} %{x}` },
      title: data.x_title
        ? { text: plain(data.x_title), font: { size: 13 }, standoff: 6 }
        : undefined,
    },
    yaxis: {
      range: frame.range,
      tickvals: frame.yTicks,
      ticktext: frame.yTicks.map((tick) => tickText(tick, data.percent)),
      gridcolor: translucent(colors.border, 0.75),
      zeroline: false,
      fixedrange: true,
      ticklabelstandoff: 5,
    },
  };
}

/** The arrays of all traces in order, to compare and to extend. */
function columnsOf(data) {
  return data.series.flatMap((line) => [
    ...(line.low.length
      ? [
          [line.x, line.low],
          [line.x, line.high],
        ]
      : []),
    [line.x, line.y],
  ]);
}

/** The new points of every trace, or null if the old ones are not all still there. */
function growth(before, after) {
  if (before.length !== after.length) return null;
  const fits = before.every(([x, y], index) => {
    const [newX, newY] = after[index];
    const last = x.length - 1;
    return (
      newX.length > last &&
      (last < 0 || (newX[last] === x[last] && newY[last] === y[last] && newX[0] === x[0]))
    );
  });
  if (!fits) return null;
  return before.map(([x], index) => [
    after[index][0].slice(x.length),
    after[index][1].slice(x.length),
  ]);
}

/** Adds points to every trace; Plotly works the whole chart out anew, which takes it a while. */
function extend(plot, added) {
  const traces = added.map((_, index) => index).filter((index) => added[index][0].length);
  if (!traces.length) return null;
  return window.Plotly.extendTraces(
    plot,
    { x: traces.map((index) => added[index][0]), y: traces.map((index) => added[index][1]) },
    traces,
  );
}

/**
 * Draws Plotly's own lines on to their new ends, which is all that changes while a run is watched;
 * `Plotly.redraw` must follow before anything is pointed at. Returns whether that was possible.
 */
function drawOn(plot, added, data, frame) {
  const paths = plot.querySelectorAll('.scatterlayer .js-line');
  if (paths.length !== added.length || paths.length !== data.series.length) return false;
  const { l, t } = frame.margin;
  const scale = scaleOf(data, frame);
  added.forEach(([x, y], index) => {
    const trace = plot.data[index];
    trace.x.push(...x);
    trace.y.push(...y);
    const points = trace.x.map((at, point) => `${scale.x(at) - l},${scale.y(trace.y[point]) - t}`);
    paths[index].setAttribute('d', `M${points.join('L')}`);
  });
  return true;
}
