// Ranges and ticks of a chart, and the colours that carry its meanings.

const MEANINGS = {
  true: {
    color: '--st-blue-color',
    text: '--st-blue-text-color',
    dash: 'solid',
    end: 'circle',
    width: 2.75,
  },
  true_dashed: {
    color: '--st-blue-color',
    text: '--st-blue-text-color',
    dash: '9px,5px',
    end: 'square',
    width: 2.5,
  },
  true_dotted: {
    color: '--st-blue-color',
    text: '--st-blue-text-color',
    dash: 'dot',
    end: 'diamond',
    width: 2.75,
  },
  proxy: {
    color: '--st-orange-color',
    text: '--st-orange-text-color',
    dash: 'solid',
    end: 'square',
    width: 2.75,
  },
  drift: {
    color: '--st-violet-color',
    text: '--st-violet-text-color',
    dash: 'dash',
    end: 'diamond',
    width: 2.75,
  },
  neutral: {
    color: '--st-gray-color',
    text: '--st-gray-text-color',
    dash: 'dot',
    end: 'circle',
    width: 2.75,
  },
  neutral_dashed: {
    color: '--st-gray-color',
    text: '--st-gray-text-color',
    dash: '9px,5px',
    end: 'square',
    width: 2,
  },
  neutral_solid: {
    color: '--st-gray-color',
    text: '--st-gray-text-color',
    dash: 'solid',
    end: 'diamond',
    width: 1.75,
  },
  baseline: {
    color: '--st-gray-color',
    text: '--st-gray-text-color',
    dash: 'dash',
    end: null,
    width: 1.5,
  },
  seed: {
    color: '--st-gray-color',
    text: '--st-gray-text-color',
    dash: 'solid',
    end: null,
    width: 1,
    opacity: 0.5,
  },
  prediction: {
    color: '--st-text-color',
    text: '--st-text-color',
    dash: '5px,4px',
    end: null,
    width: 1.75,
  },
};

/** A round step that cuts a span into at most `most` parts. */
function roundStep(span, most) {
  const rough = span / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((step) => step >= rough * 0.999);
}

function ticksWithin([low, high], most) {
  const step = roundStep(high - low || 1, most);
  const ticks = [];
  for (
    let value = Math.ceil(low / step - 1e-9) * step;
    value <= high + step * 1e-9;
    value += step
  ) {
    ticks.push(Number(value.toPrecision(10)));
  }
  return ticks;
}

/**
 * The y range: given, or the widest seen in this run, with round ends and zero if it is near.
 * What lies below `y_low` does not widen it.
 */
function rangeOf(data, memory, sameRun) {
  if (data.y_range) return data.y_range;
  const all = data.series.flatMap((line) => [...line.y, ...line.low, ...line.high]);
  if (!all.length) return null;
  const floor = data.y_low ?? -Infinity;
  const known =
    sameRun && memory.range ? memory.range : [Math.max(floor, Math.min(0, all[0])), -Infinity];
  let low = Math.max(floor, Math.min(...all));
  let high = Math.max(...all);
  if (low >= known[0] && high <= known[1]) return known;
  low = Math.min(low, known[0]);
  high = Math.max(high, known[1]);
  const step = roundStep(high - low || 1, 4);
  // A hair above the last tick, so that its grid line is drawn.
  return [Math.floor(low / step) * step, (Math.ceil(high / step + 0.05) + 0.08) * step];
}

function tickText(value, percent) {
  if (percent) return percentText(value);
  if (Math.abs(value) >= 10 * LARGE)
    return value.toExponential().replace('+', '').replace('-', '\u2212');
  const digits = Math.abs(value) >= 100 ? 0 : 4;
  return String(Number(value.toFixed(digits))).replace('-', '\u2212');
}

/** Room about the plot, in px: labels of a finished chart stand in its right margin. */
function marginsOf(data, ticks, labelWidth, width) {
  const longest = Math.max(1, ...ticks.map((tick) => tickText(tick, data.percent).length));
  const middle = data.x_range[0] + 0.58 * (data.x_range[1] - data.x_range[0]);
  const early = data.series.every((line) => (line.x[line.x.length - 1] ?? 0) <= middle);
  const beside = labelWidth <= 64 || isSmall(data, width) || (!data.live && !early);
  const right = beside ? Math.min(labelWidth + 18, width * 0.42) : 16;
  return {
    l: Math.max(28, 12 + longest * 7.5),
    r: Math.max(14, right),
    t: 10,
    b: data.x_title ? 40 : 24,
  };
}
