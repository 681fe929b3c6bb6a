// One group of sampled replies: which tokens gained, what each reply earned.

function tinted(word, credit, full) {
  if (!credit) return [make('span', { class: 'word' }, word), ' '];
  const share = Math.min(1, Math.abs(credit) / full);
  const name = credit > 0 ? 'true' : 'proxy';
  const style = `background:color-mix(in srgb,var(--${name}) ${Math.round(share * 34)}%,transparent)`;
  const fell = credit < 0 && share > 0.25 ? ' fell' : '';
  return [
    make(
      'span',
      { class: `word${fell}`, style, title: `${word}: ${signed(credit, 2)} nats` },
      word,
    ),
    ' ',
  ];
}

function replyRow(row, full) {
  const up = row.advantage >= 0;
  return make(
    'tr',
    {},
    make(
      'td',
      { class: 'reply' },
      row.tokens.map((word, index) => tinted(word, row.credit[index], full)),
    ),
    make('td', { class: 'digits' }, row.reward.toFixed(1).replace('-', '\u2212')),
    make(
      'td',
      { class: `digits advantage ${up ? 'up' : 'down'}` },
      make('span', { 'aria-hidden': 'true' }, up ? '\u25b2 ' : '\u25bc '),
      signed(row.advantage, 2),
    ),
  );
}

export default function ({ data, parentElement }) {
  const full = creditScale(
    data.rows.flatMap((row) => row.credit),
    data.full_credit,
  );
  show(
    parentElement.querySelector('.root'),
    make('h2', {}, data.title),
    data.note ? make('p', { class: 'muted small' }, data.note) : null,
    make(
      'table',
      {},
      make(
        'thead',
        {},
        make(
          'tr',
          {},
          make('th', { scope: 'col' }, 'Sampled reply'),
          make('th', { scope: 'col', class: 'digits' }, 'reward'),
          make('th', { scope: 'col', class: 'digits' }, 'advantage'),
        ),
      ),
      make(
        'tbody',
        {},
        data.rows.map((row) => replyRow(row, full)),
      ),
    ),
  );
}
