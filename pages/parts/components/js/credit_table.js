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

const ARROWS = { up: '\u25b2 ', down: '\u25bc ', level: '\u00b7 ' };

/** The advantage with its arrow; one that is written as zero neither rises nor falls. */
function advantageCell(advantage) {
  const text = signed(advantage, 2);
  const level = !/[1-9]/.test(text);
  const way = level ? 'level' : advantage > 0 ? 'up' : 'down';
  return make(
    'td',
    { class: `digits advantage ${way}` },
    make('span', { 'aria-hidden': 'true' }, ARROWS[way]),
    text,
  );
}

function replyRow(row, full) {
  return make(
    'tr',
    {},
    make(
      'td',
      { class: 'reply' },
      row.tokens.map((word, index) => tinted(word, row.credit[index], full)),
    ),
    make('td', { class: 'digits' }, written(row.reward, 1)),
    advantageCell(row.advantage),
  );
}

export default function ({ data: [data], parentElement }) {
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
          data.columns.map((name) => make('th', { scope: 'col', class: 'digits' }, name)),
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
