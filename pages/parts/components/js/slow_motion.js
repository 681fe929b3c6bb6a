// One update in slow motion. Each number comes when its turn is: copies of those that it is made of
// move into its place. Nothing moves by itself before Play, and nothing at all where that is unwanted.

const PACE = 2500; // ms from one step to the next
const FLIGHT = 700; // ms in which a number moves into the next one

function stepTile(memory, step, index, go) {
  const needed = memory.data.steps[memory.now].needs.includes(index);
  const state = index < memory.now ? 'done' : index === memory.now ? 'now' : 'ahead';
  return make(
    'li',
    { class: `${state}${needed ? ' needed' : ''}`, 'data-step': index },
    make(
      'button',
      {
        type: 'button',
        tabindex: -1,
        'data-focus': `step ${index}`,
        'aria-current': state === 'now' ? 'step' : null,
        onclick: () => go(index),
      },
      make('span', { class: 'small' }, `${index + 1}. ${step.label}`),
      make('b', { class: 'digits' }, state === 'ahead' ? '\u00a0' : step.value),
    ),
  );
}

/** Copies of the numbers that are needed move into the number that is looked at. */
function flyIn(root, step) {
  const target = root.querySelector('.now b');
  if (!target || prefersStillness()) return;
  const to = target.getBoundingClientRect();
  for (const need of step.needs) {
    const source = root.querySelector(`[data-step="${need}"] b`);
    const from = source.getBoundingClientRect();
    const copy = make('b', { class: 'copy digits', 'aria-hidden': 'true' }, source.textContent);
    const own = root.getBoundingClientRect();
    copy.style.left = `${from.left - own.left}px`;
    copy.style.top = `${from.top - own.top}px`;
    root.append(copy);
    const way = `translate(${to.left - from.left}px, ${to.top - from.top}px)`;
    copy
      .animate([{ transform: 'none' }, { transform: way, opacity: 0.3 }], {
        duration: FLIGHT,
        easing: 'ease-in-out',
      })
      .finished.then(
        () => copy.remove(),
        () => copy.remove(),
      );
  }
  const delay = step.needs.length ? FLIGHT * 0.8 : 0;
  target.animate([{ opacity: 0 }, { opacity: 1 }], { duration: 250, delay, fill: 'backwards' });
}

function drawMotion(root, memory) {
  const { steps } = memory.data;
  const last = steps.length - 1;
  const go = (index) => goTo(root, memory, index);
  const keys = { ArrowRight: memory.now + 1, ArrowLeft: memory.now - 1, Home: 0, End: last };
  const takeKey = (event) => {
    if (!(event.key in keys)) return;
    event.preventDefault();
    event.stopPropagation();
    pause(memory);
    go(Math.max(0, Math.min(last, keys[event.key])));
  };
  const play = () => {
    if (memory.timer) pause(memory);
    else start(root, memory);
    drawMotion(root, memory);
  };
  show(
    root,
    make(
      'div',
      {
        role: 'group',
        'aria-label': 'Slow motion of one update: arrow keys go from number to number',
        tabindex: 0,
        'data-focus': 'group',
        onkeydown: takeKey,
      },
      make(
        'div',
        { class: 'head' },
        make('h3', {}, 'Slow motion of one update'),
        make('span', { class: 'muted small', role: 'status' }, `Step ${memory.now + 1} of ${steps.length}`),
        prefersStillness()
          ? null
          : make(
              'button',
              { type: 'button', class: 'play', 'data-focus': 'play', onclick: play },
              memory.timer ? 'Pause' : 'Play',
            ),
      ),
      make(
        'ol',
        {},
        steps.map((step, index) => stepTile(memory, step, index, go)),
      ),
    ),
  );
}

function goTo(root, memory, index) {
  if (index === memory.now) return;
  memory.now = memory.asked = index;
  memory.isBegun = true;
  drawMotion(root, memory);
  flyIn(root, memory.data.steps[index]);
  memory.tell('step', index);
}

function pause(memory) {
  clearInterval(memory.timer);
  memory.timer = null;
}

function start(root, memory) {
  memory.timer = setInterval(() => {
    const isOver = memory.now >= memory.data.steps.length - 1;
    if (isOver || !root.isConnected) pause(memory);
    if (!isOver && root.isConnected) goTo(root, memory, memory.now + 1);
    else drawMotion(root, memory);
  }, PACE);
  // Before anybody has moved it, it stands at the loss; it is played from the first number on.
  if (!memory.isBegun || memory.now >= memory.data.steps.length - 1) goTo(root, memory, 0);
}

export default function ({ data: [data], parentElement, setTriggerValue }) {
  const root = parentElement.querySelector('.root');
  const memory = memoryOf(root);
  const isSame = JSON.stringify(memory.data?.steps) === JSON.stringify(data.steps);
  memory.data = data;
  memory.tell = setTriggerValue;
  // Until the page has heard of the newest step, it goes on sending an earlier one.
  if (isSame && memory.asked !== null && memory.asked !== data.now) return;
  const moved = isSame && memory.now !== data.now;
  memory.asked = null;
  if (isSame && !moved) return;
  memory.now = data.now;
  drawMotion(root, memory);
  if (moved) flyIn(root, data.steps[data.now]);
}
