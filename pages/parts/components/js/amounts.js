// Amounts that are painted on the cells of a map.

/** An amount in the few letters that fit into a cell. */
function shortAmount(amount) {
  const size = Math.abs(amount);
  if (size >= 1000 || size < 0.01)
    return amount.toExponential(0).replace('+', '').replace(/^-/, '\u2212');
  const text = signed(amount, size >= 100 ? 0 : size >= 10 ? 1 : 2);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** The amounts of a map as texts at the lower edges of their cells. */
function amountTexts(amounts, columns, cellSize, size) {
  return amounts.map(([cell, amount]) =>
    make(
      'text',
      {
        x: ((cell % columns) + 0.5) * cellSize,
        y: (Math.floor(cell / columns) + 1) * cellSize - 5,
        class: 'amount',
        'font-size': size,
      },
      shortAmount(amount),
    ),
  );
}
