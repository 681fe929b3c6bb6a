// Ten drafts: one game as bars, reasons beside deeds, six weights, and what was counted of all games.

const CURVE = { width: 300, height: 84, top: 6 };

function share(value, most) {
  return `${((Math.max(0, value) / most) * 100).toFixed(1)}%`;
}

/** One draft: how often it was sent as a bar, and what it is worth as a figure. */
function draft(data, index, most, best) {
  const isBest = data.worths[index] === best;
  return make(
    'div',
    { class: 'draft' },
    make('span', { class: 'name' }, `Draft ${index + 1}`),
    make('span', { class: 'track' }, make('i', { style: `width:${share(data.counts[index], most)}` })),
    make('span', { class: 'digits' }, String(data.counts[index])),
    make('span', { class: isBest ? 'digits best' : 'digits' }, written(data.worths[index], 2)),
  );
}

function drafts(data) {
  const most = Math.max(1, ...data.counts);
  const best = Math.max(...data.worths);
  return make(
    'div',
    { class: 'drafts', role: 'img', 'aria-label': data.alt },
    make(
      'div',
      { class: 'draft head' },
      make('span', {}, data.reader ? `One game, to ${data.reader}` : 'One game'),
      make('span', {}),
      make('span', { class: 'digits' }, 'sent'),
      make('span', { class: 'digits' }, 'worth'),
    ),
    data.counts.map((_, index) => draft(data, index, most, best)),
  );
}

function letter(one) {
  return make(
    'li',
    {},
    make('b', {}, one.reader ? `Letter ${one.number}, to ${one.reader}` : `Letter ${one.number}`),
    make('p', { class: 'reason' }, `\u201c${one.reason}\u201d`),
    make(
      'p',
      { class: 'deed' },
      make('span', { class: one.is_right ? 'tag' : 'tag wrong' }, `${one.is_right ? 'right' : 'wrong'} reason`),
      ` It sends ${one.deed}.`,
    ),
  );
}

/** One weight: a bar from zero, to the left below it, and a mark where the untrained Pip stands. */
function weight(data, index, most) {
  const value = data.weights[index];
  const half = (size) => (size / most) * 50;
  const from = value < 0 ? 50 - half(-value) : 50;
  const first = 50 + half(data.first_weights[index]);
  return make(
    'div',
    { class: 'weight' },
    make('span', { class: 'name' }, data.weight_names[index]),
    make(
      'span',
      { class: 'scale' },
      make('i', { class: 'bar', style: `left:${from.toFixed(1)}%;width:${half(Math.abs(value)).toFixed(1)}%` }),
      make('i', { class: 'zero' }),
      make('i', { class: 'first', style: `left:${first.toFixed(1)}%` }),
    ),
    make('span', { class: 'digits' }, written(value, 1)),
  );
}

function weights(data) {
  const most = Math.max(1, ...[...data.weights, ...data.first_weights].map(Math.abs));
  return make(
    'section',
    {},
    make('h3', {}, 'Six weights'),
    data.weights.map((_, index) => weight(data, index, most)),
    make('p', { class: 'muted small' }, make('i', { class: 'mark' }), 'untrained'),
  );
}

function knowing(data) {
  const row = (name, from) =>
    make(
      'tr',
      {},
      make('th', { scope: 'row' }, name),
      data.knowing.slice(from, from + 3).map((one) => make('td', {}, percentText(one))),
    );
  return make(
    'section',
    {},
    make('h3', {}, 'Knowing and doing, share of all letters'),
    make(
      'table',
      {},
      make(
        'tr',
        {},
        make('td', {}),
        ['UCB\u2019s', 'greedy', 'other'].map((name) => make('th', { scope: 'col' }, name)),
      ),
      row('Right reason', 0),
      row('Wrong reason', 3),
    ),
  );
}

function line(values, kind) {
  const { width, height, top } = CURVE;
  const x = (index) => (index / Math.max(1, values.length - 1)) * width;
  const y = (value) => top + (1 - value) * (height - top);
  const points = values.map((value, index) => `${x(index).toFixed(1)},${y(value).toFixed(1)}`);
  return make('polyline', { points: points.join(' '), class: kind });
}

function habit(data) {
  const { width, height } = CURVE;
  const last = percentText(data.habit.at(-1));
  return make(
    'section',
    {},
    make('h3', {}, 'Chance that the most frequent draft is sent again'),
    make(
      'svg',
      {
        role: 'img',
        viewBox: `0 0 ${width} ${height}`,
        preserveAspectRatio: 'none',
        'aria-label': `From ${percentText(data.habit[0])} without repetition to ${last} after ${data.most_repeats}.`,
      },
      make('rect', { width, height, class: 'ground' }),
      line(data.first_habit, 'before'),
      line(data.habit, 'now'),
    ),
    make(
      'p',
      { class: 'muted small ends' },
      make('span', {}, 'repeated 0 times'),
      make('span', {}, `${data.most_repeats} times: ${last}`),
    ),
    make('p', { class: 'muted small' }, 'Asked beside a history made for this, in which one draft is repeated that scored worst of those tried. Dashed: untrained. Line from 0 to 100\u202f%, exact.'),
  );
}

export default function ({ data: [data], parentElement }) {
  show(
    parentElement.querySelector('.root'),
    make(
      'div',
      { class: 'stage' },
      data.counts.length ? drafts(data) : null,
      make('ol', { class: 'letters' }, data.letters.map(letter)),
      make(
        'div',
        { class: 'figures' },
        data.weights.length ? weights(data) : null,
        make(
          'div',
          {},
          data.knowing.length ? knowing(data) : null,
          data.habit.length ? habit(data) : null,
        ),
      ),
      data.note ? make('p', { class: 'note' }, withFigures(data.note)) : null,
    ),
  );
}
