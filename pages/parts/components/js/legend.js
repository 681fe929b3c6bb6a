// What each colour and line of the charts means.

const SAMPLES = {
  true: { color: 'var(--true)', dash: null, end: 'circle' },
  true_dashed: { color: 'var(--true)', dash: '9 5', end: 'square' },
  true_dotted: { color: 'var(--true)', dash: '3 3', end: 'diamond' },
  proxy: { color: 'var(--proxy)', dash: null, end: 'square' },
  drift: { color: 'var(--drift)', dash: '7 4', end: 'diamond' },
  neutral: { color: 'var(--neutral)', dash: '3 3', end: 'circle' },
  neutral_dashed: { color: 'var(--neutral)', dash: '9 5', end: 'square' },
  neutral_solid: { color: 'var(--neutral)', dash: null, end: 'diamond' },
  baseline: { color: 'var(--neutral)', dash: '5 4', end: null },
  seed: { color: 'var(--neutral)', dash: null, end: null, width: 1 },
  prediction: { color: 'var(--st-text-color)', dash: '5 4', end: null },
};

function endOf(sample) {
  if (sample.end === 'circle') return make('circle', { cx: 27, cy: 7, r: 5, fill: sample.color });
  if (sample.end === 'square')
    return make('rect', { x: 22, y: 2, width: 10, height: 10, fill: sample.color });
  if (sample.end === 'diamond')
    return make('path', { d: 'M27 1 l6 6 -6 6 -6 -6z', fill: sample.color });
  return null;
}

export default function ({ data: [data], parentElement }) {
  show(
    parentElement.querySelector('.root'),
    make(
      'ul',
      { class: 'legend' },
      data.items.map(({ meaning, text }) => {
        const sample = SAMPLES[meaning];
        const line = {
          x1: 0,
          y1: 7,
          x2: 28,
          y2: 7,
          stroke: sample.color,
          'stroke-width': sample.width ?? 3,
          'stroke-dasharray': sample.dash,
        };
        return make(
          'li',
          {},
          make(
            'svg',
            { width: 34, height: 14, 'aria-hidden': 'true' },
            make('line', line),
            endOf(sample),
          ),
          make('span', {}, text),
        );
      }),
    ),
  );
}
