// What a setting draws in its own way. The page says which part it is, in `drawings`; a sign comes
// with its line. Clothes, what somebody sleeps on, what rolls, falls, drives or stands on a tray have
// names here.

let DRAWINGS = null; // of the setting in which the page was drawn last

/** Every component that draws signs, people or goods begins with this. */
function furnish(root, data) {
  DRAWINGS = data.drawings;
  root.style.setProperty('--plate', DRAWINGS.plate);
}

const OUTFITS = {
  white_coat: { cloth: '#e9eef0', collar: '#0b5a63', seam: '#b9c6ca' },
  tunic: { cloth: '#3f8f8a', collar: '#dff0ec', seam: '#b9c6ca' },
  suit: { cloth: '#2f3a52', collar: '#f5f7f4', tie: '#a3485c' },
  waistcoat: { cloth: '#6b5138', collar: '#f5f7f4', tie: '#d9a441', sleeves: '#dfe6e4' },
  hoodie: { cloth: '#4f5a9c', collar: '#39427a', cords: '#e6e9f5' },
  vest: { cloth: '#e58a1f', collar: '#3c4a52', bands: '#f4f6da' },
  overall: { cloth: '#c9543f', bib: '#2f4f7a' },
};

/** What lies or stands on the ward beside the counter, on a sheet that ends at y 214. */
const RESTS = {
  bed: (x) => [
    ['rect', 'bed-frame', { x, y: 190, width: 128, height: 10, rx: 4 }],
    ['rect', 'bed-frame', { x: x - 4, y: 142, width: 9, height: 66, rx: 4 }],
    ['rect', 'bed-frame', { x: x + 122, y: 166, width: 8, height: 42, rx: 4 }],
    ['path', 'curtain', { d: 'M206 30 h34 q-6 40 0 84 t-4 82 h-30z' }],
    ['line', 'rail', { x1: 20, y1: 30, x2: 250, y2: 30 }],
  ],
  couch: (x) => [
    ['rect', 'couch', { x: x - 2, y: 146, width: 132, height: 50, rx: 12 }],
    ['rect', 'couch-arm', { x: x - 14, y: 156, width: 20, height: 50, rx: 8 }],
    ['rect', 'couch-arm', { x: x + 122, y: 156, width: 20, height: 50, rx: 8 }],
    ['rect', 'bed-frame', { x: x - 6, y: 204, width: 8, height: 8 }],
    ['rect', 'bed-frame', { x: x + 126, y: 204, width: 8, height: 8 }],
  ],
  bunk: (x) => [
    ['rect', 'bed-frame', { x: x - 4, y: 84, width: 7, height: 126, rx: 2 }],
    ['rect', 'bed-frame', { x: x + 124, y: 84, width: 7, height: 126, rx: 2 }],
    ['rect', 'bed-frame', { x, y: 110, width: 128, height: 8 }],
    ['rect', 'mattress', { x: x + 4, y: 96, width: 120, height: 15, rx: 5 }],
    ['rect', 'bed-frame', { x, y: 190, width: 128, height: 9 }],
    ['line', 'rung', { x1: x + 128, x2: x + 146, y1: 136, y2: 136 }],
    ['line', 'rung', { x1: x + 128, x2: x + 146, y1: 164, y2: 164 }],
    ['line', 'rung', { x1: x + 146, x2: x + 146, y1: 96, y2: 210 }],
  ],
};

// On its wheels, which touch the floor at y 0, no wider than from -32 to 32 and no higher than 82.
const TROLLEYS = {
  shelves: [
    ['rect', 'trolley-frame', { x: -32, y: -82, width: 6, height: 78, rx: 3 }],
    ['rect', 'trolley-frame', { x: 26, y: -82, width: 6, height: 78, rx: 3 }],
    ['rect', 'trolley-load', { x: -24, y: -72, width: 22, height: 20, rx: 2 }],
    ['rect', 'trolley-load', { x: 4, y: -66, width: 18, height: 14, rx: 2 }],
    ['rect', 'trolley-load', { x: -16, y: -32, width: 36, height: 18, rx: 2 }],
    ['rect', 'trolley-frame', { x: -32, y: -52, width: 64, height: 6 }],
    ['rect', 'trolley-frame', { x: -32, y: -14, width: 64, height: 6 }],
  ],
  strongbox: [
    ['rect', 'trolley-frame', { x: -32, y: -14, width: 64, height: 8, rx: 2 }],
    ['rect', 'trolley-frame', { x: 27, y: -78, width: 5, height: 66, rx: 2 }],
    ['rect', 'strong', { x: -30, y: -64, width: 54, height: 50, rx: 4 }],
    ['circle', 'dial', { cx: -3, cy: -39, r: 13 }],
    ['path', 'dial-hand', { d: 'M-3 -48 v18 M-12 -39 h18' }],
  ],
  case: [
    ['rect', 'trolley-frame', { x: -32, y: -12, width: 64, height: 6, rx: 2 }],
    ['rect', 'case', { x: -32, y: -70, width: 64, height: 58, rx: 5 }],
    ['path', 'case-edge', { d: 'M-32 -50 H32 M-18 -70 V-12 M18 -70 V-12' }],
    ['rect', 'trolley-load', { x: -7, y: -54, width: 14, height: 10, rx: 2 }],
    ['rect', 'trolley-load', { x: -10, y: -34, width: 20, height: 8, rx: 4 }],
  ],
  pallet: [
    ['rect', 'carton', { x: -28, y: -44, width: 27, height: 27, rx: 1 }],
    ['rect', 'carton', { x: 1, y: -44, width: 27, height: 27, rx: 1 }],
    ['rect', 'carton', { x: -18, y: -74, width: 34, height: 29, rx: 1 }],
    ['path', 'carton-tape', { d: 'M-14.5 -44 v8 M14.5 -44 v8 M-1 -74 v8' }],
    ['rect', 'plank', { x: -32, y: -16, width: 64, height: 5 }],
    ['rect', 'plank', { x: -30, y: -11, width: 8, height: 6 }],
    ['rect', 'plank', { x: 22, y: -11, width: 8, height: 6 }],
  ],
};

// About the middle of a cell of 64.
const FALLING = {
  pill: [
    ['rect', 'falling', { x: -17, y: -9, width: 34, height: 18, rx: 9 }],
    ['path', 'falling-line', { d: 'M0 -9 V9' }],
  ],
  coin: [
    ['circle', 'falling', { r: 16 }],
    ['circle', 'falling-line', { r: 10.5 }],
    ['path', 'falling-line', { d: 'M0 -5 V5' }],
  ],
  badge: [
    ['path', 'falling', { d: 'M0 -18 L16 -11 V4 Q13 14 0 19 Q-13 14 -16 4 V-11z' }],
    ['path', 'falling-line', { d: 'M-7 0 l5 6 9 -12' }],
  ],
  bolt: [
    ['rect', 'falling', { x: -6, y: -6, width: 12, height: 25, rx: 2 }],
    ['path', 'falling', { d: 'M-15 -12 L-8 -19 H8 L15 -12 L8 -5 H-8z' }],
    ['path', 'falling-line', { d: 'M-6 3 h12 M-6 9 h12 M-6 15 h12' }],
  ],
};

// On a tray whose upper side is at y 0, no wider than from -38 to 38 and no higher than 44: lunch.
const LOADS = {
  dish: [
    ['path', 'dish', { d: 'M-28 0 a20 20 0 0 1 40 0 z' }],
    ['circle', 'dish', { cx: -8, cy: -22, r: 3 }],
    ['rect', 'dish', { x: 18, y: -14, width: 13, height: 14, rx: 2 }],
  ],
  tureen: [
    ['path', 'dish', { d: 'M-26 -14 h44 q0 14 -16 14 h-12 q-16 0 -16 -14z' }],
    ['path', 'dish', { d: 'M-22 -14 q18 -18 36 0z' }],
    ['circle', 'dish', { cx: -4, cy: -25, r: 2.5 }],
    ['path', 'dish-line', { d: 'M-26 -11 q-9 1 -6 7 M18 -11 q9 1 6 7' }],
    ['path', 'dish-line', { d: 'M33 0 v-20 M29 -20 q4 -8 8 0z' }],
  ],
  bowl: [
    ['path', 'dish-line', { d: 'M-2 -20 L26 -42 M4 -20 L32 -38' }],
    ['path', 'dish', { d: 'M-26 -20 h44 q-2 20 -14 20 h-16 q-12 0 -14 -20z' }],
    ['path', 'dish-line', { d: 'M-18 -27 q4 -5 0 -10 M-9 -27 q4 -5 0 -10' }],
    ['path', 'dish', { d: 'M24 0 l-2 -16 h13 l-2 16z' }],
  ],
  flask: [
    ['rect', 'dish', { x: -28, y: -34, width: 18, height: 34, rx: 4 }],
    ['rect', 'dish', { x: -25, y: -43, width: 12, height: 9, rx: 2 }],
    ['path', 'dish-line', { d: 'M-28 -10 h18' }],
    ['rect', 'dish', { x: -2, y: -16, width: 36, height: 16, rx: 2 }],
    ['path', 'dish-line', { d: 'M-2 -9 h36 M9 -16 q7 -9 14 0' }],
  ],
};

// From above, 46 long and 21 wide about its middle, on its way to the right.
const VEHICLES = {
  minibus: [
    ['rect', 'vehicle', { x: -23, y: -10.5, width: 46, height: 21, rx: 5 }],
    ['rect', 'window', { x: 9, y: -7.5, width: 8, height: 15, rx: 1 }],
    ['path', 'roof', { d: 'M-10 -6 v12 M-16 0 h12' }],
  ],
  saloon: [
    ['path', 'vehicle', { d: 'M-23 -7 q0 -3 4 -3.5 h28 q14 1 14 10.5 q0 9.5 -14 10.5 h-28 q-4 -.5 -4 -3.5z' }],
    ['path', 'window', { d: 'M6 -8 q5 8 0 16 l-5 -2 v-12z M-17 -7 l4 1.5 v11 l-4 1.5z' }],
    ['path', 'roof', { d: 'M-11 -6.5 h10 M-11 6.5 h10' }],
  ],
  camper: [
    ['rect', 'vehicle', { x: -23, y: -10.5, width: 46, height: 21, rx: 9 }],
    ['rect', 'window', { x: 11, y: -7, width: 5, height: 14, rx: 2.5 }],
    ['rect', 'rack', { x: -17, y: -7, width: 22, height: 14, rx: 2 }],
    ['path', 'roof', { d: 'M-17 -2.5 h22 M-17 2.5 h22' }],
  ],
  truck: [
    ['rect', 'vehicle', { x: -23, y: -10.5, width: 32, height: 21, rx: 1 }],
    ['rect', 'vehicle', { x: 11, y: -9.5, width: 12, height: 19, rx: 3 }],
    ['rect', 'window', { x: 16, y: -7, width: 4, height: 14, rx: 1 }],
    ['path', 'roof', { d: 'M-17 -10 v20 M-10 -10 v20 M-3 -10 v20 M4 -10 v20' }],
  ],
};

/** The elements of a part that is written as tag, class and attributes. */
function built(parts) {
  return parts.map(([tag, name, attributes]) => make(tag, { class: name, ...attributes }));
}

/** What crosses the corridor, its wheels at the floor. */
function trolleyParts() {
  return [
    [-22, 22].map((cx) => make('circle', { class: 'trolley-wheel', cx, cy: 0, r: 6 })),
    built(TROLLEYS[DRAWINGS.trolley]),
  ];
}
