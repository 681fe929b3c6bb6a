// The reward and the settings of a run, to be read while nothing can be changed.

function term({ label, value, low, high, text }) {
  const at = (number) => ((Math.min(high, Math.max(low, number)) - low) / (high - low || 1)) * 100;
  const zero = at(0);
  const end = at(value);
  return make(
    'li',
    { class: value ? 'term' : 'term off' },
    make('span', {}, label),
    make('span', { class: 'digits' }, text),
    make(
      'span',
      { class: 'track', 'aria-hidden': 'true' },
      make('i', { style: `left:${Math.min(zero, end)}%;width:${Math.abs(end - zero)}%` }),
      low < 0 ? make('u', { style: `left:calc(${zero}% - 1px)` }) : null,
    ),
  );
}

export default function ({ data: [data], parentElement }) {
  show(
    parentElement.querySelector('.root'),
    data.terms.length ? make('ul', { class: 'terms' }, data.terms.map(term)) : null,
    data.code ? make('code', { class: 'code' }, data.code) : null,
    data.settings.length
      ? make(
          'ul',
          { class: 'settings' },
          data.settings.map(({ label, text }) =>
            make(
              'li',
              { class: 'term' },
              make('span', {}, label),
              make('span', { class: 'digits' }, text),
            ),
          ),
        )
      : null,
  );
}
