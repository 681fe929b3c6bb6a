// What a setting draws in its own way. The page says which part it is, in `drawings`; a sign comes
// with its line. Clothes, what somebody sleeps on, and what rolls or falls have names here.

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
