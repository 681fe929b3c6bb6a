// Messages and how likely each is: now as a bar, at the start and at best as marks on it.

/** A chance as percent; one that is not quite zero says so. */
function chanceText(chance) {
  const percent = chance * 100;
  if (percent >= 9.95) return `${written(percent, 0)}\u202f%`;
  if (percent === 0 || percent >= 0.05) return `${written(percent, 1)}\u202f%`;
  return `<\u202f0.1\u202f%`;
}

/** Where a chance stands on its track: its square root, so that rare messages can be seen. */
function place(chance) {
  return `${(Math.sqrt(Math.min(1, Math.max(0, chance))) * 100).toFixed(2)}%`;
}

const SEEN = 0.0005; // a smaller chance of the best policy needs no mark

function track(row) {
  return make(
    'div',
    { class: 'track', 'aria-hidden': 'true' },
    make('i', { class: 'now', style: `width:${place(row.now)}` }),
    make('i', { class: 'start', style: `left:${place(row.start)}` }),
    row.best >= SEEN ? make('i', { class: 'best', style: `left:${place(row.best)}` }) : null,
  );
}

function messageRow(row) {
  return make(
    'tr',
    { class: row.is_rest ? 'rest' : null },
    make('th', { scope: 'row' }, row.text),
    make('td', { class: 'chances' }, track(row)),
    make('td', { class: 'digits wide' }, chanceText(row.start)),
    make('td', { class: 'digits strong' }, chanceText(row.now)),
    make('td', { class: 'digits wide' }, chanceText(row.best)),
    make('td', { class: 'digits' }, row.paid),
    make('td', { class: 'digits' }, row.worth),
  );
}

function keyOf(mark) {
  return make('i', { class: `key ${mark}`, 'aria-hidden': 'true' });
}

function heading(name, kind, mark) {
  return make('th', { scope: 'col', class: kind }, mark ? keyOf(mark) : null, name);
}

export default function ({ data: [data], parentElement }) {
  show(
    parentElement.querySelector('.root'),
    make('h2', {}, data.title),
    data.note ? make('p', { class: 'muted small' }, data.note) : null,
    make(
      'table',
      {},
      make('caption', { class: 'hidden' }, data.alt),
      make(
        'thead',
        {},
        make(
          'tr',
          {},
          heading('Message', null),
          make(
            'td',
            { class: 'chances' },
            make('span', { class: 'narrow' }, keyOf('start'), 'start ', keyOf('best'), 'best'),
          ),
          heading('start', 'digits wide', 'start'),
          heading('now', 'digits', 'now'),
          heading('best', 'digits wide', 'best'),
          heading('paid', 'digits', 'proxy'),
          heading('wanted', 'digits', 'true'),
        ),
      ),
      make('tbody', {}, data.rows.map(messageRow)),
    ),
  );
}
