// A plain table of texts.

export default function ({ data: [data], parentElement }) {
  const joined = (...names) => names.filter(Boolean).join(' ') || null;
  const kind = (column, cell) =>
    joined(
      data.mono.includes(column) && 'mono',
      data.numeric.includes(column) && 'digits',
      !cell && 'nothing',
    );
  // Whose rows stand one below the other on a phone is no table to the browser any more.
  const as = (role) => (data.stacked ? { role } : {});
  const heading = (name, column) => {
    const run = data.runs[column];
    return make(
      'th',
      { scope: 'col', class: data.numeric.includes(column) ? 'digits' : null, ...as('columnheader') },
      run ? make('s', { class: `run ${run}`, 'aria-hidden': 'true' }) : null,
      name,
    );
  };
  show(
    parentElement.querySelector('.root'),
    make(
      'table',
      { class: joined(data.one_line && 'one-line', data.stacked && 'stacked'), ...as('table') },
      data.caption ? make('caption', { class: 'hidden' }, data.caption) : null,
      make('thead', as('rowgroup'), make('tr', as('row'), data.head.map(heading))),
      make(
        'tbody',
        as('rowgroup'),
        data.rows.map((row) =>
          make(
            'tr',
            as('row'),
            row.map((cell, column) =>
              make(
                'td',
                { class: kind(column, cell), 'data-heading': data.head[column], ...as('cell') },
                data.mono.includes(column) ? bound(cell) : cell,
              ),
            ),
          ),
        ),
      ),
    ),
  );
}
