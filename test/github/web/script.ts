// The pages' one script: live updates over Server-Sent Events, times in words, sending without reload.
// On a change it fetches the page again and takes over what differs, so the server renders everything
// and there is one way to draw a comment.

export const script = `
'use strict';
const ages = [['day', 86400], ['hour', 3600], ['minute', 60]];
const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

function tellTimes() {
  for (const time of document.querySelectorAll('time')) {
    const seconds = (Date.now() - Date.parse(time.dateTime)) / 1000;
    const age = ages.find(([, size]) => seconds >= size);
    if (!age) time.textContent = 'just now';
    else if (seconds < 30 * 86400) time.textContent = words.format(-Math.floor(seconds / age[1]), age[0]);
  }
}

function takeOver(old, fresh) {
  const wanted = new Set(Array.from(fresh.children, (child) => child.id));
  for (const child of Array.from(old.children)) if (!wanted.has(child.id)) child.remove();
  let before = null;
  for (const child of Array.from(fresh.children)) {
    const known = document.getElementById(child.id);
    const isSame = known && known.dataset.version === child.dataset.version;
    if (isSame) { before = known; continue; }
    if (known) {
      const opened = Array.from(known.querySelectorAll('details'), (one) => one.open);
      child.querySelectorAll('details').forEach((one, index) => { if (opened[index]) one.open = true; });
      known.replaceWith(child);
    } else if (before) before.after(child);
    else old.prepend(child);
    child.classList.add('arrived');
    before = child;
  }
}

let isBusy = false;
let isStale = false;
async function refresh() {
  isStale = true;
  if (isBusy) return;
  isBusy = true;
  while (isStale) {
    isStale = false;
    const answer = await fetch(location.href).catch(() => undefined);
    if (!answer || !answer.ok) continue;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    for (const old of document.querySelectorAll('[data-live]')) {
      const fresh = page.getElementById(old.id);
      if (fresh) takeOver(old, fresh);
    }
    tellTimes();
  }
  isBusy = false;
}

if (document.querySelector('[data-live]')) {
  const source = new EventSource(location.pathname + '/live');
  source.addEventListener('message', refresh);
  source.addEventListener('open', refresh);
}

const who = document.querySelector('select[name=as]');
if (who) {
  const known = localStorage.getItem('as');
  if (Array.from(who.options, (one) => one.value).includes(known)) who.value = known;
  who.addEventListener('change', () => localStorage.setItem('as', who.value));
}

const compose = document.querySelector('form[data-send]');
if (compose) {
  const text = compose.querySelector('textarea');
  text.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) compose.requestSubmit();
  });
  compose.addEventListener('submit', async (event) => {
    event.preventDefault();
    const body = new URLSearchParams(new FormData(compose));
    const answer = await fetch(compose.action, { method: 'POST', body, headers: { accept: 'text/plain' } });
    compose.querySelector('.problem').textContent = answer.ok ? '' : await answer.text();
    if (answer.ok) text.value = '';
  });
}

tellTimes();
setInterval(tellTimes, 20000);
`;
