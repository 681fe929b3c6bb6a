// The people: a bust cropped by the lower edge. No eyes or mouths; hair and clothes tell who it is.
// Who `wears` something is dressed by the setting.

const PEOPLE = {
  noor: { skin: '#b9805a', hair: '#33261f', cloth: '#c2500c', cut: 'bob', lanyard: '#ffe2c7' },
  adeyemi: { skin: '#6f452f', hair: '#1d1817', cut: 'crop', wears: 'safety' },
  kenji: { skin: '#e0b58f', hair: '#22272b', cloth: '#3c5560', cut: 'side', lanyard: '#9ccbd0' },
  ruth: { skin: '#e9c4a6', hair: '#b9bfc2', cloth: '#7a4ab0', cut: 'bun', blouse: '#efe3d4' },
  you: { skin: '#c99a74', hair: '#4a3226', cloth: '#0b5a63', cut: 'side', lanyard: '#9ccbd0' },
  nurse: { skin: '#8d5a3c', hair: '#241c1a', cut: 'bun', wears: 'night' },
};

const HAIR = {
  bob: (x, y, r) => [
    `M${x - r * 1.12} ${y + r * 0.75} V${y - r * 0.1} a${r * 1.12} ${r * 1.12} 0 0 1 ${r * 2.24} 0 ` +
      `V${y + r * 0.75} q-${r * 0.3} .2 -${r * 0.42} -${r * 0.5} q0 -${r * 0.6} -${r * 0.5} -${r * 0.75} ` +
      `q-${r * 0.9} .3 -${r * 0.95} ${r * 0.6} q0 ${r * 0.5} -${r * 0.37} ${r * 0.65}z`,
  ],
  crop: (x, y, r) => [
    `M${x - r * 1.03} ${y - r * 0.02} a${r * 1.03} ${r * 1.06} 0 0 1 ${r * 2.06} 0 ` +
      `q-${r * 0.25} -${r * 0.45} -${r * 1.03} -${r * 0.45} t-${r * 1.03} ${r * 0.45}z`,
  ],
  bun: (x, y, r) => [
    `M${x + r * 0.57} ${y - r * 1.18} a${r * 0.42} ${r * 0.42} 0 1 1 -${r * 0.84} 0 ` +
      `a${r * 0.42} ${r * 0.42} 0 1 1 ${r * 0.84} 0z`,
    `M${x - r * 1.06} ${y + r * 0.25} a${r * 1.06} ${r * 1.16} 0 0 1 ${r * 2.12} 0 ` +
      `q-${r * 0.05} -${r * 0.75} -${r * 0.9} -${r * 0.8} q-${r} 0 -${r * 1.22} ${r * 0.8}z`,
  ],
  side: (x, y, r) => [
    `M${x - r * 1.05} ${y + r * 0.1} q-.1 -${r * 1.2} ${r * 1.05} -${r * 1.16} q${r * 1.15} 0 ` +
      `${r * 1.05} ${r * 1.1} q-${r * 0.2} -${r * 0.5} -${r * 0.6} -${r * 0.55} ` +
      `q-${r * 0.9} .25 -${r * 1.25} -.1 q-${r * 0.15} ${r * 0.4} -${r * 0.25} ${r * 0.7}z`,
  ],
};

function clothing(look, x, neck, base, scale) {
  const parts = [];
  if (look.collar) {
    const v = `M${x - 7 * scale} ${neck} L${x} ${neck + 16 * scale} L${x + 7 * scale} ${neck}z`;
    parts.push(make('path', { d: v, fill: look.collar }));
  }
  if (look.seam) {
    parts.push(
      make('path', {
        d: `M${x} ${neck + 16 * scale} V${base}`,
        stroke: look.seam,
        'stroke-width': 1.5 * scale,
      }),
    );
  }
  if (look.tie) {
    const tie = `M${x - 2 * scale} ${neck + 2 * scale} h${4 * scale} l${1.5 * scale} ${16 * scale} l${-3.5 * scale} ${5 * scale} l${-3.5 * scale} ${-5 * scale}z`;
    parts.push(make('path', { d: tie, fill: look.tie }));
  }
  if (look.cords) {
    const cords = `M${x - 5 * scale} ${neck + 6 * scale} v${15 * scale} M${x + 5 * scale} ${neck + 6 * scale} v${15 * scale}`;
    parts.push(make('path', { d: cords, stroke: look.cords, 'stroke-width': 1.8 * scale }));
  }
  if (look.sleeves) {
    for (const side of [-1, 1]) {
      const edge = x + side * 26 * scale;
      const sleeve = `M${edge} ${base} v${-26 * scale} q0 ${-13 * scale} ${-side * 9 * scale} ${-18 * scale} v${44 * scale}z`;
      parts.push(make('path', { d: sleeve, fill: look.sleeves }));
    }
  }
  if (look.bands) {
    const band = (at) => `M${x + at * scale} ${neck + 3 * scale} V${base}`;
    const bands = `${band(-14)} ${band(14)} M${x - 26 * scale} ${neck + 34 * scale} h${52 * scale}`;
    parts.push(
      make('path', { d: bands, fill: 'none', stroke: look.bands, 'stroke-width': 4 * scale }),
    );
  }
  if (look.bib) {
    const bib = `M${x - 13 * scale} ${base} v${-28 * scale} h${26 * scale} v${28 * scale}z`;
    const straps = `M${x - 10 * scale} ${neck + 18 * scale} l${-4 * scale} ${-17 * scale} M${x + 10 * scale} ${neck + 18 * scale} l${4 * scale} ${-17 * scale}`;
    parts.push(
      make('path', { d: bib, fill: look.bib }),
      make('path', { d: straps, stroke: look.bib, 'stroke-width': 4 * scale }),
    );
  }
  if (look.blouse) {
    parts.push(
      make('path', {
        d: `M${x - 5 * scale} ${neck} L${x} ${base} L${x + 5 * scale} ${neck}z`,
        fill: look.blouse,
      }),
    );
  }
  if (look.lanyard) {
    const cord = `M${x - 6 * scale} ${neck + 1} L${x} ${neck + 22 * scale} L${x + 6 * scale} ${neck + 1}`;
    parts.push(
      make('path', { d: cord, fill: 'none', stroke: look.lanyard, 'stroke-width': 2 * scale }),
    );
    parts.push(
      make('rect', {
        x: x - 5 * scale,
        y: neck + 21 * scale,
        width: 10 * scale,
        height: 12 * scale,
        rx: 2 * scale,
        fill: '#f5f7f4',
      }),
    );
  }
  return parts;
}

/** One person; `base` is the y of the lower edge of the bust. */
function person(who, x, base, scale) {
  const look = { ...PEOPLE[who], ...OUTFITS[DRAWINGS[PEOPLE[who].wears]] };
  const r = 13 * scale;
  const neck = base - 46 * scale;
  const head = neck - 20 * scale;
  const shoulders =
    `M${x - 26 * scale} ${base} v-${26 * scale} q0 -${20 * scale} ${20 * scale} -${20 * scale} ` +
    `h${12 * scale} q${20 * scale} 0 ${20 * scale} ${20 * scale} v${26 * scale}z`;
  return make(
    'g',
    {},
    make('path', { d: shoulders, fill: look.cloth }),
    clothing(look, x, neck, base, scale),
    make('rect', {
      x: x - 5 * scale,
      y: neck - 10 * scale,
      width: 10 * scale,
      height: 14 * scale,
      rx: 5 * scale,
      fill: look.skin,
    }),
    make('circle', { cx: x, cy: head, r, fill: look.skin }),
    HAIR[look.cut](x, head, r).map((d) => make('path', { d, fill: look.hair })),
  );
}

let portraits = 0;

/** A round portrait beside words that name the person. */
function portrait(who, size, mood) {
  if (who === 'pip') return pipPortrait(mood || 'talk', size);
  portraits += 1;
  const id = `portrait-${portraits}`;
  return make(
    'svg',
    { width: size, height: size, viewBox: '0 0 48 48', class: 'portrait', 'aria-hidden': 'true' },
    make('defs', {}, make('clipPath', { id }, make('circle', { cx: 24, cy: 24, r: 24 }))),
    make(
      'g',
      { 'clip-path': `url(#${id})` },
      make('rect', { width: 48, height: 48, class: 'disc' }),
      person(who, 24, 67, 0.74),
    ),
  );
}
