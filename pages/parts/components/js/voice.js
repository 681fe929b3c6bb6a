// A small portrait and one sentence.

export default function ({ data: [data], parentElement }) {
  const root = parentElement.querySelector('.root');
  furnish(root, data);
  show(
    root,
    make(
      'div',
      { class: 'voice' },
      portrait(data.who, 36),
      make('span', {}, withFigures(data.text)),
    ),
  );
}
