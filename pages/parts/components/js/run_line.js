// State of the run: mark, word, progress, one fact. The elements stay; only the word is announced.

function build(root, memory) {
  memory.mark = make('span', { 'aria-hidden': 'true' });
  memory.word = make('span', { role: 'status' });
  memory.fill = make('i', {});
  memory.track = make(
    'span',
    {
      class: 'track',
      role: 'progressbar',
      'aria-label': 'Progress of the run',
      'aria-valuemin': 0,
      'aria-valuemax': 100,
    },
    memory.fill,
  );
  memory.text = make('span', {});
  memory.more = make('span', { class: 'more' });
  root.replaceChildren(
    make(
      'div',
      { class: 'line' },
      make('span', { class: 'state' }, memory.mark, memory.word),
      memory.track,
      make('span', { class: 'fact' }, memory.text, memory.more),
    ),
  );
}

/** A sentence, with what stands in its backticks as code. */
function quoting(text) {
  return text
    .split(/(`[^`]+`)/)
    .map((part, index) => (index % 2 ? make('code', { class: 'inline' }, part.slice(1, -1)) : part));
}

const STACKED = '(max-width: 640px)'; // what stands beside a form elsewhere stands below it

/** On a phone a run begins below the form that started it: it comes to be seen. */
function comeToBeSeen(root) {
  const isInView = root.getBoundingClientRect().top < window.innerHeight;
  if (isInView || !window.matchMedia(STACKED).matches) return;
  root.style.scrollMarginTop = '5rem'; // below the navigation
  root.scrollIntoView();
}

export default function ({ data: [data], parentElement }) {
  const root = parentElement.querySelector('.root');
  const memory = memoryOf(root);
  if (!memory.mark) build(root, memory);
  if (data.begins && !memory.begins) comeToBeSeen(root);
  memory.begins = data.begins;
  memory.mark.className = `mark ${data.state}`;
  if (memory.word.textContent !== data.word) memory.word.textContent = data.word;
  const percent = Math.round((data.progress ?? 0) * 100);
  memory.track.hidden = data.progress === null;
  memory.track.setAttribute('aria-valuenow', percent);
  memory.fill.style.width = `${percent}%`;
  if (memory.said === `${data.text} ${data.more}`) return;
  memory.said = `${data.text} ${data.more}`;
  memory.text.replaceChildren(...quoting(data.text));
  memory.more.replaceChildren(...quoting(data.more));
}
