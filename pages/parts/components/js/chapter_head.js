// Level plate, page title, meters, and the line of stops.

function meter({ name, value, change }) {
  return make(
    'div',
    {
      class: 'meter',
      role: 'meter',
      'aria-label': name,
      'aria-valuenow': value,
      'aria-valuemin': 0,
      'aria-valuemax': 100,
    },
    make(
      'div',
      { class: 'reading' },
      make('span', { class: 'muted' }, name),
      make(
        'span',
        {},
        change ? make('span', { class: 'change' }, signed(change, 0)) : null,
        make('b', { class: 'digits' }, value),
      ),
    ),
    make('div', { class: 'track' }, make('i', { style: `width:${value}%` })),
  );
}

function stop(name, index, data, pick) {
  const state = index === data.shown ? 'now' : index <= data.furthest ? 'done' : 'ahead';
  const open = index !== data.shown && index <= data.furthest;
  const label = make('span', { class: 'name' }, name);
  return make(
    'li',
    {
      class: `${state}${index < data.furthest ? ' passed' : ''}`,
      'aria-current': state === 'now' ? 'step' : null,
    },
    make('span', { class: 'dot', 'aria-hidden': 'true' }),
    open
      ? make('button', { type: 'button', 'data-focus': name, onclick: () => pick(name) }, label)
      : label,
  );
}

/** Another stop is another screen: it begins at its top, as a page that was opened would. */
function beginAtTop(root, stopShown) {
  const memory = memoryOf(root);
  if (memory.stop !== undefined && memory.stop !== stopShown)
    document.querySelector('[data-testid="stMain"]')?.scrollTo({ top: 0 });
  memory.stop = stopShown;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const pick = (name) => setTriggerValue('stop', name);
  const root = parentElement.querySelector('.root');
  beginAtTop(root, data.shown);
  show(
    root,
    make(
      'div',
      { class: 'head' },
      make(
        'div',
        { class: 'titles' },
        data.plate !== null
          ? make('span', { class: 'plate', 'aria-hidden': 'true' }, data.plate)
          : null,
        make(
          'div',
          {},
          data.eyebrow ? make('div', { class: 'eyebrow' }, data.eyebrow) : null,
          make('h1', {}, data.title),
        ),
      ),
      make('div', { class: 'meters' }, data.meters.map(meter)),
      data.steps.length
        ? make(
            'ol',
            {
              class: 'steps',
              'aria-label': 'Stops of this chapter',
              style: `--stops:${data.steps.length - 1}`,
            },
            data.steps.map((name, index) => stop(name, index, data, pick)),
          )
        : null,
    ),
  );
}
