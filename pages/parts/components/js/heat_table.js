// Replies of several methods, each token over its number and on its colour.

function heatToken(word, value, full) {
  const share = full ? Math.min(1, Math.abs(value) / full) : 0;
  const name = value > 0 ? 'true' : 'proxy';
  const style = share
    ? `background:color-mix(in srgb,var(--${name}) ${Math.round(share * 40)}%,transparent)`
    : null;
  return make(
    'li',
    { class: share > 0.02 && value < 0 ? 'fell' : null, style, title: `${word}: ${signed(value, 4)}` },
    make('b', {}, word),
    make('span', { class: 'digits' }, signed(value, 2)),
  );
}

function heatRow(row) {
  return make(
    'section',
    { 'aria-label': row.name },
    make(
      'div',
      { class: 'head' },
      make('h3', {}, row.name),
      make('span', { class: 'muted small' }, `paid ${written(row.reward, 2)} for its reply to `),
      make('q', { class: 'small' }, bound(row.asked)),
    ),
    make(
      'ul',
      { class: 'tokens' },
      row.tokens.map((word, index) => heatToken(word, row.values[index], row.full)),
    ),
    make(
      'p',
      { class: 'small' },
      row.verdict,
      row.full ? make('span', { class: 'muted' }, ` Full colour at ${written(row.full, 2)}.`) : null,
    ),
    row.meaning ? make('p', { class: 'muted small' }, row.meaning) : null,
  );
}

export default function ({ data: [data], parentElement }) {
  show(
    parentElement.querySelector('.root'),
    make('h2', {}, data.title),
    data.note ? make('p', { class: 'muted small' }, data.note) : null,
    make(
      'p',
      { class: 'key small' },
      make('s', { class: 'up' }),
      `${data.key_words[0]} `,
      make('s', { class: 'down' }),
      data.key_words[1],
    ),
    data.rows.map(heatRow),
  );
}
