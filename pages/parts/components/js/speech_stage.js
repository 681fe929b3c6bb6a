// One question, Pip's reply at the start, and its reply now with the credit of every token.

const SILENT = ['idle', 'listen', 'think']; // faces that need no reply
const MARKS = { ok: '\u2713', no: '\u2717', plain: '\u00b7' };

function verdicts(list) {
  if (!list.length) return null;
  return make(
    'ul',
    { class: 'verdicts' },
    list.map(({ mark, word }) =>
      make(
        'li',
        { class: mark },
        make('span', { class: 'mark', 'aria-hidden': 'true' }, MARKS[mark]),
        word,
      ),
    ),
  );
}

/** A token; with credit it carries a bar whose height is its share of `full`. */
function token(word, credit, full, changed) {
  const fresh = changed ? ' fresh' : '';
  if (credit === undefined)
    return make('span', { class: `token bare${fresh}` }, make('b', {}, word));
  const share = Math.min(1, Math.abs(credit) / full);
  const name = credit > 0 ? 'true' : 'proxy';
  const tint = `background:color-mix(in srgb,var(--${name}) ${Math.round(share * 24)}%,transparent)`;
  const bar = make('u', { class: credit > 0 ? 'up' : 'down', style: `height:${share * 50}%` });
  return make(
    'span',
    { class: `token${fresh}`, title: `${word}: ${signed(credit, 2)} nats` },
    make('b', { style: tint }, word),
    make('i', { 'aria-hidden': 'true' }, bar),
  );
}

/** Tokens in lines; punctuation stays with the word before it. */
function tokens(probe, full, before) {
  const groups = [];
  probe.now.forEach((word, index) => {
    const drawn = token(word, probe.credit[index], full, before && before[index] !== word);
    if (/^[.?,]$/.test(word) && groups.length) groups[groups.length - 1].push(drawn);
    else groups.push([drawn]);
  });
  return make(
    'div',
    { class: 'reply', 'aria-hidden': 'true' },
    groups.map((group) => make('span', { class: 'group' }, group)),
  );
}

/** The same for those who hear the page: the reply, then its strongest pushes. */
function told(probe) {
  const pushes = probe.now
    .map((word, index) => [word, probe.credit[index]])
    .filter(([, credit]) => credit)
    .sort((one, other) => Math.abs(other[1]) - Math.abs(one[1]))
    .slice(0, 4)
    .map(([word, credit]) => `${word} ${signed(credit, 2)}`);
  return make(
    'p',
    { class: 'hidden' },
    probe.now.join(' '),
    pushes.length ? `. Change of log-probability by this update: ${pushes.join(', ')}.` : '',
  );
}

/** What the bars mean, and what a full one stands for. */
function key(credits, full) {
  const strongest = Math.max(...credits.map(Math.abs));
  const title =
    strongest < full
      ? 'A fixed scale: this update changed no word of the reply by so much.'
      : 'The strongest change of a word of this reply by this update.';
  return make(
    'div',
    { class: 'key' },
    make('span', {}, make('s', { class: 'up' }), 'more likely after this update'),
    make('span', {}, make('s', { class: 'down' }), 'less likely'),
    make('span', { class: 'scale', title }, `full bar: ${written(full, 2)} nats`),
  );
}

function picker({ probes, asker }, chosen, choose) {
  if (probes.length < 2) return null;
  return make(
    'div',
    { class: 'visitors', role: 'group', 'aria-label': asker },
    probes.map((probe, index) =>
      make(
        'button',
        {
          type: 'button',
          'aria-pressed': String(index === chosen),
          'data-focus': `asker-${index}`,
          onclick: () => choose(index),
        },
        probe.who === 'pip' ? null : portrait(probe.who, 26),
        probe.name,
      ),
    ),
  );
}

function beforePart(data, probe) {
  return make(
    'section',
    { class: 'was' },
    make('div', { class: 'label' }, pipPortrait('idle', 26), data.before_label),
    make(
      'div',
      { class: 'paper' },
      make('div', { class: 'reply' }, bound(probe.before.join(' '))),
      verdicts(probe.before_verdicts),
    ),
    probe.credit.length ? key(probe.credit, creditScale(probe.credit, data.full_credit)) : null,
  );
}

function nowPart(data, probe, previous) {
  const spoke = probe.now.length > 0;
  const mood = spoke || SILENT.includes(probe.mood) ? probe.mood : 'idle';
  return make(
    'section',
    { class: spoke ? 'now' : 'now waiting' },
    make('div', { class: 'label' }, pipPortrait(mood, 26), make('strong', {}, data.now_label)),
    make(
      'div',
      { class: 'paper' },
      spoke
        ? tokens(probe, creditScale(probe.credit, data.full_credit), previous)
        : make('div', { class: 'wait' }, withFigures(data.wait)),
      spoke ? told(probe) : null,
      spoke ? verdicts(probe.now_verdicts) : null,
    ),
  );
}

function draw(root, data, memory) {
  const chosen = Math.min(memory.chosen || 0, data.probes.length - 1);
  const probe = data.probes[chosen];
  const name = `${probe.name}: ${probe.question}`;
  const previous = memory.said?.[name];
  const choose = (index) => {
    memory.chosen = index;
    draw(root, data, memory);
  };
  show(
    root,
    make(
      'div',
      { class: 'stage' },
      make(
        'div',
        { class: 'top' },
        make(
          'div',
          { class: 'asked' },
          portrait(probe.who, 36, 'listen'),
          make(
            'div',
            { class: 'question' },
            make('span', { class: 'asker' }, `${probe.name} asks`),
            ' ',
            bound(probe.question),
          ),
        ),
        picker(data, chosen, choose),
      ),
      make('div', { class: 'two' }, beforePart(data, probe), nowPart(data, probe, previous)),
    ),
  );
  keepTall(root, memory, probe);
}

/** A reply that becomes shorter leaves its room free, so that the page below does not jump. */
function keepTall(root, memory, probe) {
  const paper = root.querySelector('.now .paper');
  const kept =
    memory.tall?.width === root.clientWidth && memory.tall.question === probe.question
      ? memory.tall.height
      : 0;
  if (!paper) {
    memory.tall = null;
    return;
  }
  const height = Math.max(kept, paper.offsetHeight);
  paper.style.minHeight = `${height}px`;
  memory.tall = { height, width: root.clientWidth, question: probe.question };
}

export default function ({ data: [data], parentElement }) {
  const root = parentElement.querySelector('.root');
  furnish(root, data);
  const memory = memoryOf(root);
  const shown = JSON.stringify(data);
  if (memory.shown === shown) return;
  memory.shown = shown;
  draw(root, data, memory);
  memory.said = Object.fromEntries(
    data.probes.map((probe) => [`${probe.name}: ${probe.question}`, probe.now]),
  );
}
