// A small portrait and one sentence.

export default function ({ data, parentElement }) {
  show(
    parentElement.querySelector('.root'),
    make(
      'div',
      { class: 'voice' },
      portrait(data.who, 36),
      make('span', {}, withFigures(data.text)),
    ),
  );
}
