// The road before the house, as a room without walls: the shuttle on its way, and who waits.

/** The shuttle from the side, its front at the right; who sits in it is seen through its windows. */
function shuttleBus(x, y) {
  return make(
    'g',
    { transform: `translate(${x} ${y})` },
    shape('path', 'robot', {
      d: 'M0 -74 h150 q22 0 28 24 l6 28 v14 h-184 q-8 0 -8 -8 v-46 q0 -12 8 -12z',
    }),
    [6, 54, 102].map((left) => box('bus-window', left, -64, 40, 30, 4)),
    shape('path', 'bus-window', { d: 'M150 -64 q10 2 14 16 l4 14 h-18z' }),
    [24, 76, 118].map((left, seat) => [
      shape('circle', seat === 1 ? 'sleeper-hair' : 'sleeper', { cx: left, cy: -46, r: 8 }),
    ]),
    box('stripe', -8, -26, 190, 5),
    make('path', { class: 'sign-goal', d: DRAWINGS.house, transform: 'translate(84 -10) scale(.66)' }),
    [26, 142].map((cx) => shape('circle', 'wheel', { cx, cy: -6, r: 13 })),
    shape('circle', 'bubble', { cx: 176, cy: -18, r: 4 }),
  );
}

function roadside(data) {
  const windows = [0, 1, 2].flatMap((row) =>
    [0, 1, 2, 3].map((column) => box('door-glass', 606 + column * 34, 52 + row * 40, 20, 24, 2)),
  );
  return [
    box('wall', 0, 0, 760, 248),
    shape('path', 'leaf hedge', {
      d: 'M0 186 q40 -34 84 -12 q44 -34 92 -4 q50 -30 96 2 q46 -26 92 4 q50 -24 96 6 H590 V206 H0z',
    }),
    box('door', 590, 30, 160, 176, 3),
    windows,
    hangingSign(data.small ? 560 : 520, 40, 'sign-goal', DRAWINGS.house, data.small ? null : data.names.hospital),
    person('adeyemi', 70, 222, 1.24),
    person('noor', 142, 222, 1.18),
    box('floor', 0, 196, 760, 52),
    box('kerb', 0, 196, 760, 5),
    [10, 120, 230, 340, 450, 560, 670].map((x) => box('stripe', x, 228, 56, 4)),
    shuttleBus(300, 224),
  ];
}
