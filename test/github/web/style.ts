// The look of the pages: close to GitHub's, system font, light and dark, 390 pixels and up.

export const style = `
:root {
  color-scheme: light dark;
  --text: light-dark(#1f2328, #f0f6fc); --muted: light-dark(#59636e, #9198a1);
  --page: light-dark(#ffffff, #0d1117); --soft: light-dark(#f6f8fa, #151b23);
  --line: light-dark(#d1d9e0, #3d444d); --link: light-dark(#0969da, #4493f8);
  --green: light-dark(#1f883d, #238636); --purple: light-dark(#8250df, #8957e5);
  --pill: light-dark(#ddf4ff, #121d2f); --pill-line: light-dark(#54aeff66, #1f6feb);
  --code: light-dark(#818b981f, #656c7633);
}
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--text);
  font: 14px/1.5 -apple-system, BlinkMacSystemFont, "Segoe UI", "Noto Sans", Helvetica, Arial,
  "Liberation Sans", "DejaVu Sans", sans-serif,
  "Apple Color Emoji", "Segoe UI Emoji", "Noto Color Emoji" }
a { color: var(--link); text-decoration: none }
a:hover { text-decoration: underline }
img { border-radius: 50%; background: var(--soft); vertical-align: middle }
img.square { border-radius: 6px }
.bar { display: flex; align-items: center; gap: 12px; padding: 12px 24px; background: var(--soft);
  border-bottom: 1px solid var(--line) }
.bar .home img { border-radius: 0; background: none; display: block }
.bar nav { display: flex; gap: 6px; min-width: 0; overflow: hidden }
.bar nav a { color: var(--text); white-space: nowrap }
.bar nav span { color: var(--muted) }
.bar small { margin-left: auto; color: var(--muted); white-space: nowrap }
main { max-width: 1200px; margin: 0 auto; padding: 24px 24px 64px }
h1 { font-size: 26px; font-weight: 400; line-height: 1.25; margin: 0 0 8px; overflow-wrap: anywhere }
h1 .number { color: var(--muted); font-weight: 300 }
.muted, time { color: var(--muted) }
.row { display: flex; align-items: center; gap: 8px; flex-wrap: wrap }
.row .end { margin-left: auto }
.button, button { display: inline-flex; align-items: center; gap: 8px; padding: 5px 16px; border-radius: 6px;
  border: 1px solid var(--line); background: var(--soft); color: var(--text); font: inherit; font-weight: 500;
  cursor: pointer; white-space: nowrap }
.button.primary, button.primary { background: var(--green); border-color: transparent; color: #fff }
.state { display: inline-flex; padding: 4px 12px; border-radius: 2em; color: #fff; font-weight: 500;
  background: var(--green) }
.state.closed { background: var(--purple) }
.headline { padding-bottom: 16px; margin-bottom: 24px; border-bottom: 1px solid var(--line) }
.columns { display: grid; grid-template-columns: minmax(0, 1fr) 256px; gap: 32px }
.side section { padding-bottom: 16px; margin-bottom: 16px; border-bottom: 1px solid var(--line) }
.side h2 { font-size: 12px; color: var(--muted); margin: 0 0 8px; font-weight: 600 }
.label { display: inline-block; padding: 0 10px; border-radius: 2em; font-size: 12px; font-weight: 500;
  line-height: 20px; border: 1px solid color-mix(in srgb, var(--label) 60%, var(--muted));
  background: color-mix(in srgb, var(--label) 22%, var(--page)) }
.item { position: relative; display: flex; gap: 16px; padding-bottom: 16px }
.item::before { content: ""; position: absolute; left: 72px; top: 0; bottom: 0; width: 2px; background: var(--line) }
.item > a img { display: block }
.box { position: relative; flex: 1; min-width: 0; border: 1px solid var(--line); border-radius: 6px;
  background: var(--page) }
.box > header { display: flex; flex-wrap: wrap; gap: 0 6px; align-items: center; padding: 8px 16px;
  background: var(--soft); border-bottom: 1px solid var(--line); border-radius: 6px 6px 0 0 }
.box > header b a { color: var(--text) }
.badge { padding: 0 7px; border: 1px solid var(--line); border-radius: 2em; font-size: 12px; line-height: 18px;
  color: var(--muted) }
.arrived > .box { animation: arrive 2.5s }
@keyframes arrive { from { box-shadow: 0 0 0 3px var(--link) } to { box-shadow: 0 0 0 3px transparent } }
.history { position: relative; color: var(--muted) }
.history summary { cursor: pointer; list-style: none }
.history summary::after { content: " ▾" }
.history ol { position: absolute; z-index: 2; left: 0; margin: 4px 0; padding: 8px; min-width: 300px;
  max-width: min(440px, 80vw); list-style: none; background: var(--page); border: 1px solid var(--line);
  border-radius: 6px; box-shadow: 0 8px 24px #0003 }
.history pre { max-height: 140px; overflow: auto; margin: 4px 0 8px; padding: 8px; background: var(--soft);
  border-radius: 6px; white-space: pre-wrap; font-size: 12px }
.text { padding: 16px; overflow-wrap: anywhere }
.text > :first-child { margin-top: 0 } .text > :last-child { margin-bottom: 0 }
.text h1, .text h2 { padding-bottom: 6px; border-bottom: 1px solid var(--line); font-weight: 600 }
.text h1 { font-size: 24px } .text h2 { font-size: 20px } .text h3 { font-size: 17px } .text h4 { font-size: 14px }
.text blockquote { margin: 0 0 16px; padding: 0 16px; color: var(--muted); border-left: 4px solid var(--line) }
.text code { padding: 2px 5px; border-radius: 6px; background: var(--code); font-size: 85% }
code, pre, kbd, textarea.mono { font-family: ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, monospace }
.text pre { padding: 16px; overflow: auto; background: var(--soft); border-radius: 6px; line-height: 1.45 }
.text pre code { padding: 0; background: none }
.text .table { overflow-x: auto; margin-bottom: 16px }
.text table { border-collapse: collapse }
.text th, .text td { padding: 6px 13px; border: 1px solid var(--line); overflow-wrap: normal }
.text thead:not(:has(th:not(:empty))) { display: none }
.text tbody tr:nth-child(2n) { background: var(--soft) }
.text ul, .text ol { padding-left: 28px }
.text li.task { list-style: none; margin-left: -22px }
.text summary { cursor: pointer }
.text kbd { padding: 2px 5px; border: 1px solid var(--line); border-radius: 6px; font-size: 11px }
.user-mention, .team-mention { font-weight: 600; color: var(--text) }
.reactions { display: flex; flex-wrap: wrap; gap: 8px; padding: 0 16px 16px }
.reactions span { padding: 1px 9px; border: 1px solid var(--pill-line); border-radius: 2em; background: var(--pill);
  font-size: 12px; line-height: 22px }
.minimized > summary { padding: 8px 16px; color: var(--muted); cursor: pointer }
.list { border: 1px solid var(--line); border-radius: 6px; margin: 16px 0; overflow: hidden }
.list > header { padding: 12px 16px; background: var(--soft); border-bottom: 1px solid var(--line); font-weight: 600 }
.list .entry { display: flex; gap: 10px; padding: 10px 16px; border-top: 1px solid var(--line) }
.list > header + div > .entry:first-child { border-top: 0 }
.list .entry .title { font-size: 16px; font-weight: 600; color: var(--text); margin-right: 4px; overflow-wrap: anywhere }
.list .entry .end { margin-left: auto; white-space: nowrap; color: var(--muted) }
.dot { flex: none; width: 14px; height: 14px; margin-top: 5px; border: 2px solid var(--green); border-radius: 50% }
.dot.closed { border-color: var(--purple) }
.empty { padding: 48px 16px; text-align: center; color: var(--muted) }
form label { display: block; font-weight: 600; margin: 16px 0 6px }
form .hint { margin: 0 0 6px; color: var(--muted); font-size: 13px }
input[type="text"], textarea, select { width: 100%; padding: 6px 12px; border: 1px solid var(--line);
  border-radius: 6px; background: var(--page); color: var(--text); font: inherit }
textarea { min-height: 110px; resize: vertical }
select { width: auto; max-width: 100% }
.compose { padding: 12px 16px 16px } .columns .compose { margin-left: 56px }
.compose .row { margin-bottom: 10px }
.compose .send { margin: 10px 0 0; justify-content: flex-end }
.problem { color: light-dark(#d1242f, #f85149); margin: 0 auto 0 0 }
.problem:empty { display: none }
.chooser { max-width: 420px; margin: 24px auto; text-align: center }
.chooser .person { width: 100%; justify-content: flex-start; margin: 4px 0; padding: 8px 16px }
:focus-visible { outline: 2px solid var(--link); outline-offset: 1px }
@media (max-width: 767px) {
  main { padding: 16px 16px 48px } .bar { padding: 12px 16px } .bar small { display: none }
  .columns { display: flex; flex-direction: column-reverse; gap: 0 }
  .side { display: flex; flex-wrap: wrap; gap: 0 24px } .side section { border: 0; margin: 0 }
  h1 { font-size: 22px } .columns .compose { margin-left: 0 } .item > a { display: none } .item::before { left: 24px }
  .list .entry .end { display: none } select { font-size: 16px } textarea { font-size: 16px }
}
`;
