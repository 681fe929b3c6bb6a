// A few figures as before -> after, each with the line sample of its meaning.

export default function ({ data: [data], parentElement }) {
  show(
    parentElement.querySelector('.root'),
    make(
      'ul',
      { class: 'strip' },
      data.items.map((item) =>
        make(
          'li',
          {},
          make(
            'span',
            { class: 'label' },
            make('s', { class: item.meaning, 'aria-hidden': 'true' }),
            item.label,
          ),
          make(
            'span',
            { class: 'change' },
            make('span', { class: 'before' }, item.before),
            make('span', { class: 'arrow', 'aria-hidden': 'true' }, ' \u2192 '),
            make('span', { class: 'hidden' }, ' then '),
            make('span', { class: 'after' }, item.after),
          ),
        ),
      ),
    ),
  );
}
