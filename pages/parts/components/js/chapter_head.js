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
  const label =
    state === 'now'
      ? make('h2', { class: 'name', tabindex: -1, 'data-focus': 'now' }, name)
      : make('span', { class: 'name' }, name);
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

let screen = null; // what is shown in this page, as a name that differs for each screen and stop

/** Another stop is another screen: page and keyboard begin at its heading, as if it were opened. */
function begin(root, data) {
  const before = screen;
  screen = [data.title, data.shown, data.part].join();
  if (before === null || before === screen) return;
  if (data.part) {
    handToHeading(`.st-key-${data.part} h2`);
    return;
  }
  document.querySelector('.stMain')?.scrollTo({ top: 0 });
  // From Train to Pause the keyboard stays in the bar; keyboard.js finds the button.
  if (data.keeps_bar && keyboardWasIn('.stBottom')) return;
  hand(root.querySelector('.steps h2') ?? root.querySelector('h1'));
}

/** Puts the address right in place, unless the learner has gone elsewhere meanwhile. */
function putRight({ page, seen, wanted }) {
  const query = new URLSearchParams(location.search);
  const isHere = location.pathname.endsWith(`/${page}`);
  const last = (name) => query.getAll(name).at(-1) ?? null;
  const isSeen = Object.keys(seen).every((name) => last(name) === seen[name]);
  if (!isHere || !isSeen) return;
  for (const name of Object.keys(wanted)) query.delete(name);
  for (const [name, value] of Object.entries(wanted)) query.append(name, value);
  history.replaceState(history.state, '', `?${query}`);
}

export default function ({ data: [data], parentElement, setTriggerValue }) {
  const pick = (name) => setTriggerValue('stop', name);
  const root = parentElement.querySelector('.root');
  if (data.address) putRight(data.address);
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
  begin(root, data);
}
