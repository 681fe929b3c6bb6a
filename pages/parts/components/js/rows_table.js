// A plain table of texts.

export default function ({ data, parentElement }) {
  const kind = (column) =>
    [data.mono.includes(column) ? 'mono' : '', data.numeric.includes(column) ? 'digits' : '']
      .join(' ')
      .trim() || null;
  const heading = (name, column) => {
    const run = data.runs[column];
    return make(
      'th',
      { scope: 'col', class: data.numeric.includes(column) ? 'digits' : null },
      run ? make('s', { class: `run ${run}`, 'aria-hidden': 'true' }) : null,
      name,
    );
  };
  show(
    parentElement.querySelector('.root'),
    make(
      'table',
      { class: data.one_line ? 'one-line' : null },
      data.caption ? make('caption', { class: 'hidden' }, data.caption) : null,
      make('thead', {}, make('tr', {}, data.head.map(heading))),
      make(
        'tbody',
        {},
        data.rows.map((row) =>
          make(
            'tr',
            {},
            row.map((cell, column) =>
              make('td', { class: kind(column) }, data.mono.includes(column) ? bound(cell) : cell),
            ),
          ),
        ),
      ),
    ),
  );
}
