// A picture, its title and the story below it.

const LEGIBLE = 600; // px of width from which the texts in a picture are large enough

function spoken(beat) {
  return make(
    'div',
    { class: `said ${beat.who === 'pip' ? 'by-pip' : ''}` },
    portrait(beat.who, 44),
    make(
      'div',
      {},
      make(
        'div',
        { class: 'who' },
        beat.name,
        beat.role ? make('span', { class: 'role' }, ` ${beat.role}`) : null,
      ),
      make('div', { class: 'words' }, withFigures(beat.text)),
    ),
  );
}

/** Where the signs would be too small to read, only the heart of the room is drawn. */
function drawRoom(picture, data, width) {
  const small = data.small || (width > 0 && width < LEGIBLE);
  picture.setAttribute('viewBox', small ? heartOf(data) : '0 0 760 248');
  picture.replaceChildren(
    ...ROOMS[data.art]({ ...data, small })
      .flat(Infinity)
      .filter(Boolean),
  );
}

export default function ({ data: [data], parentElement }) {
  const root = parentElement.querySelector('.root');
  furnish(root, data);
  const memory = memoryOf(root);
  memory.unwatch?.();
  const parts = [];
  if (data.art) {
    const picture = make('svg', { class: 'art', role: 'img', 'aria-label': data.alt });
    parts.push(picture);
    memory.unwatch = watchWidth(root, (width) => drawRoom(picture, data, width));
  }
  if (data.title) parts.push(make('h2', {}, data.title));
  if (data.beats.length) {
    parts.push(
      make(
        'div',
        { class: 'story' },
        data.beats.map((beat) => (beat.who ? spoken(beat) : make('p', {}, withFigures(beat.text)))),
      ),
    );
  }
  show(root, parts);
  if (data.art) drawRoom(parts[0], data, root.clientWidth);
  return () => memory.unwatch?.();
}
