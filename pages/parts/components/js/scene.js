// A picture, its title and the story below it.

function spoken(beat) {
  return make('div', { class: `said ${beat.who === 'pip' ? 'by-pip' : ''}` },
    portrait(beat.who, 44),
    make('div', {},
      make('div', { class: 'who' }, beat.name, beat.role ? make('span', { class: 'role' }, ` ${beat.role}`) : null),
      make('div', { class: 'words' }, withFigures(beat.text))),
  );
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector('.root');
  const parts = [];
  if (data.art) {
    const viewBox = data.small ? HEARTS[data.art] : '0 0 760 248';
    parts.push(make('svg', { viewBox, class: 'art', role: 'img', 'aria-label': data.alt }, ROOMS[data.art](data)));
  }
  if (data.title) parts.push(make('h2', {}, data.title));
  if (data.beats.length) {
    parts.push(make('div', { class: 'story' },
      data.beats.map((beat) => (beat.who ? spoken(beat) : make('p', {}, withFigures(beat.text))))));
  }
  show(root, parts);
}
