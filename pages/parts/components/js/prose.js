// A paragraph in the app's own voice.

export default function ({ data: [data], parentElement }) {
  show(
    parentElement.querySelector('.root'),
    make(
      'p',
      { class: 'prose' },
      data.lead ? make('strong', {}, `${data.lead} `) : null,
      withFigures(data.text),
    ),
  );
}
