/* Pages of other people that embed the widget. */

/** A style sheet that would ruin anything that is not behind a shadow root with its defaults reset. */
export const HOSTILE_STYLE = `
  html { font-size: 40px !important; }
  body { transform: scale(.7) !important; filter: blur(2px) !important; opacity: .5 !important; direction: rtl; text-align: right; }
  * { font-family: cursive !important; letter-spacing: 4px !important; word-spacing: 9px !important; line-height: 3 !important;
      color: hotpink !important; text-transform: uppercase !important; cursor: none !important;
      --ink: red !important; --paper: lime !important; --accent: red !important; }
  div, section, dialog, [data-codecite] { display: none !important; visibility: hidden !important; opacity: 0 !important; background: gold !important;
      position: static !important; transform: rotate(9deg) !important; font-size: 60px !important; z-index: -1 !important; width: 1px !important; }
  button, input, select, textarea { background: red !important; font-size: 40px !important; padding: 40px !important; display: none !important; }
`;

export const hostPage = ({ style = '', body = '', script }) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Billing intranet</title>
<link rel="icon" href="/icon">${style && `<style>${style}</style>`}</head>
<body><h1>Billing intranet</h1><p>A page with its own style.</p><button id="behind">Behind</button>${body}${script}</body></html>`;
