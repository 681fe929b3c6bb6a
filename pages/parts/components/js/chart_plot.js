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

const COLORS_MS = 50; // for which colours stay known: charts that are drawn together read them once
let lastColors = { at: -Infinity, colors: null };

function colorsOf(root) {
  const at = performance.now();
  if (at - lastColors.at < COLORS_MS) return lastColors.colors;
  const style = getComputedStyle(root);
  const read = (name) => style.getPropertyValue(name).trim();
  const lines = Object.fromEntries(
    Object.entries(MEANINGS).map(([name, meaning]) => [name, read(meaning.color)]),
  );
  const colors = {
    lines,
    background: read('--st-background-color'),
    border: read('--st-border-color'),
    ink: read('--st-gray-text-color'),
    text: read('--st-text-color'),
  };
  // A chart that is not on the page yet has no colours.
  if (colors.background) lastColors = { at, colors };
  return colors;
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
        cliponaxis: typeof data.y_low === 'number',
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

// Of lines that are drawn without Plotly, as long as its own.
const STROKES = { solid: null, dot: '3 3', dash: '9 9' };

/**
 * Draws the lines themselves, in px of the frame: while a run is watched they change several times a
 * second, and Plotly would work the whole chart out anew each time.
 */
function drawLines(layer, data, frame, colors) {
  const scale = scaleOf(data, frame);
  const floor = data.y_low ?? -Infinity;
  const paths = data.series.map((line) => {
    const { dash, width, opacity } = MEANINGS[line.meaning];
    const heights = line.y.map((y) => scale.y(Math.max(floor, y)));
    const points = line.x.map((x, index) => `${scale.x(x)},${heights[index]}`);
    return make('path', {
      d: points.length ? `M${points.join('L')}` : null,
      fill: 'none',
      stroke: colors.lines[line.meaning],
      'stroke-width': width,
      'stroke-dasharray': STROKES[dash] === undefined ? dash : STROKES[dash],
      'stroke-linejoin': 'round',
      opacity,
    });
  });
  layer.replaceChildren(...paths);
}
