// The page around the stream: rows, channels, publishing. After stream.js, in the same script.
const ROWS_MAX = 500;
const CHANNELS_MAX = 200;
const CHANNELS_EVERY_MS = 2000;
const RENDER_EVERY_MS = 100;
const SUMMARY_CHARS = 160;

const $ = (id) => document.getElementById(id);
const path = document.body.dataset.path;
const here = decodeURIComponent(location.pathname);
// What is in front of the path the server saw: its base path, and what a proxy took away.
const base = here.endsWith(path) ? location.pathname.slice(0, -encodeURI(path).length) : '';

function element(name, className, text) {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

// ---- Rows: collected as they come, drawn a few times a second, bounded. ----

const view = { waiting: [], total: 0, paused: false, timer: 0 };

function clock(ms) {
  const date = new Date(ms);
  return date.toTimeString().slice(0, 8) + '.' + String(date.getMilliseconds()).padStart(3, '0');
}

function addRow(row) {
  row.time = Date.now();
  view.total += 1;
  view.waiting.push(row);
  if (view.waiting.length > 2 * ROWS_MAX) view.waiting.splice(0, ROWS_MAX);
  if (!view.timer && !view.paused) view.timer = setTimeout(draw, RENDER_EVERY_MS);
}

const note = (text) => addRow({ note: text });

function dataNode(text) {
  const folds = text.length > SUMMARY_CHARS || text.includes('\n') || /^\s*[[{]/.test(text);
  if (!folds) return element('div', 'data', text);
  const details = element('details', 'data');
  const line = text.slice(0, 2 * SUMMARY_CHARS).replace(/\s+/g, ' ');
  details.append(element('summary', '', line.length > SUMMARY_CHARS ? line.slice(0, SUMMARY_CHARS) + ' …' : line));
  details.addEventListener('toggle', () => details.append(element('pre', '', pretty(text))), { once: true });
  return details;
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function rowNode(row) {
  const item = element('li', row.note ? 'note-row' : row.type === 'gap' ? 'gap-row' : '');
  item.append(element('time', '', clock(row.time)));
  if (row.note) {
    item.append(element('span', '', row.note));
    return item;
  }
  item.append(element('span', 'id', row.id), element('span', 'type', row.type), dataNode(row.data));
  return item;
}

function draw() {
  view.timer = 0;
  const rows = $('rows');
  const fragment = document.createDocumentFragment();
  for (const row of view.waiting.slice(-ROWS_MAX).reverse()) fragment.append(rowNode(row));
  view.waiting = [];
  rows.prepend(fragment);
  while (rows.childElementCount > ROWS_MAX) rows.lastElementChild.remove();
  drawShown();
}

function drawShown() {
  const rows = $('rows').childElementCount;
  const waiting = view.paused && view.waiting.length ? `, ${view.waiting.length} waiting` : '';
  $('shown').textContent = view.total > rows ? `the latest ${rows} of ${view.total}${waiting}` : '';
}

$('pause').onclick = () => {
  view.paused = !view.paused;
  $('pause').setAttribute('aria-pressed', String(view.paused));
  $('pause').textContent = view.paused ? 'Go on' : 'Pause';
  if (!view.paused) draw();
};
$('clear').onclick = () => {
  view.waiting = [];
  view.total = 0;
  $('rows').replaceChildren();
  drawShown();
};

// ---- The stream. ----

let stream = null;

function say(state, text) {
  $('state').dataset.state = state;
  $('state').textContent = text;
}

function notice(text) {
  $('notice').hidden = !text;
  $('notice').textContent = text;
}

function watch(channels, search = '') {
  stream?.stop();
  stream = null;
  $('channels').value = channels;
  $('stop').disabled = !channels;
  notice('');
  if (!channels) {
    say('idle', 'no channel');
    return;
  }
  document.title = `${channels} – sse-serve inspector`;
  $('publish').channel.value ||= channels.split(',')[0];
  stream = new Watched(channels, search);
  stream.start();
}

// A new choice has an address of its own, to be reloaded and passed on.
function choose(names) {
  const channels = names.map((name) => name.trim()).filter(Boolean).join(',');
  history.replaceState(null, '', `${base}/${channels || '-/'}`);
  watch(channels);
  drawChosen();
}

const chosen = () => $('channels').value.split(',').map((name) => name.trim()).filter(Boolean);

$('open').onsubmit = (event) => {
  event.preventDefault();
  choose(chosen());
};
$('stop').onclick = () => {
  stream?.stop();
  say('closed', 'stopped');
  $('stop').disabled = true;
};
document.onvisibilitychange = () => {
  if (!stream?.source || stream.over) return;
  if (document.visibilityState === 'hidden') stream.wire?.abort();
  else if (!stream.wire) stream.watchWire(() => {});
};

let eventsBefore = 0;
function drawFacts() {
  const { events = 0, reconnects = 0, gaps = 0, heartbeats = 0, heard = 0, lastId = '' } = stream ?? {};
  $('events').textContent = events;
  $('rate').textContent = `${Math.max(0, events - eventsBefore)}/s`;
  eventsBefore = events;
  $('reconnects').textContent = reconnects;
  $('gaps').textContent = gaps;
  $('heartbeats').textContent = heartbeats;
  $('silence').textContent = heard ? `${((performance.now() - heard) / 1000).toFixed(0)} s ago` : '–';
  $('last-id').textContent = lastId || '–';
  drawShown();
}

// ---- Channels and publishing. ----

const bearer = () => ($('token').value ? { Authorization: `Bearer ${$('token').value}` } : {});
const rowsByName = new Map();
const published = new Map(); // name: events at the last look
let lookedAt = 0;

function channelRow(name) {
  const row = element('tr');
  const button = element('button', '', name);
  button.title = name;
  button.onclick = () => {
    const names = chosen();
    choose(names.includes(name) ? names.filter((other) => other !== name) : [...names, name]);
  };
  row.append(element('td'), element('td'), element('td'), element('td'));
  row.firstChild.append(button);
  return row;
}

function drawChannel(channel, seconds) {
  const row = rowsByName.get(channel.name) ?? channelRow(channel.name);
  rowsByName.set(channel.name, row);
  const before = published.get(channel.name) ?? channel.events;
  published.set(channel.name, channel.events);
  const rate = seconds ? (channel.events - before) / seconds : 0;
  const cells = [channel.streams, channel.lagging, rate ? rate.toFixed(rate < 10 ? 1 : 0) : '0'];
  cells.forEach((cell, i) => (row.children[i + 1].textContent = cell));
  row.children[2].className = channel.lagging ? 'behind' : '';
  return row;
}

function drawChosen() {
  const names = chosen();
  for (const [name, row] of rowsByName)
    row.querySelector('button').setAttribute('aria-pressed', String(names.includes(name)));
}

function drawChannels(all, lagging) {
  const now = performance.now();
  const seconds = lookedAt ? (now - lookedAt) / 1000 : 0;
  lookedAt = now;
  const shown = all.sort((a, b) => b.streams - a.streams || a.name.localeCompare(b.name, 'en', { numeric: true })).slice(0, CHANNELS_MAX);
  for (const name of rowsByName.keys()) if (!shown.some((channel) => channel.name === name)) rowsByName.delete(name);
  const rows = shown.map((channel) => drawChannel(channel, seconds));
  const body = $('channel-rows');
  if (rows.some((row, i) => body.children[i] !== row) || body.childElementCount !== rows.length) body.replaceChildren(...rows);
  $('channel-count').textContent = all.length > shown.length ? `(${shown.length} of ${all.length})` : `(${all.length})`;
  const worst = lagging[0];
  $('channel-note').textContent = worst
    ? `Furthest behind: ${worst.peer} on ${worst.channel}, ${worst.lag_events} events, ${worst.lag_ms} ms` : '';
  drawChosen();
}

async function lookAtChannels() {
  if (document.visibilityState !== 'visible' || !$('channel-card').open) return;
  try {
    const answer = await fetch(base + '/-/channels', { headers: bearer(), signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.ok) {
      const all = await answer.json();
      drawChannels(all.channels, all.lagging);
    } else {
      $('channel-note').textContent = `${answer.status}: ${await reasonOf(answer)}`;
      if (answer.status === 401) $('token-card').open = true;
    }
  } catch {
    $('channel-note').textContent = 'The server does not answer.';
  }
}

$('publish').onsubmit = async (event) => {
  event.preventDefault();
  const { channel, event: type, data } = event.target;
  const query = type.value ? `?event=${encodeURIComponent(type.value)}` : '';
  const out = $('published');
  try {
    const answer = await fetch(`${base}/${encodeURI(channel.value)}${query}`,
      { method: 'POST', body: data.value, headers: { 'Content-Type': 'text/plain', ...bearer() } });
    out.className = answer.ok ? '' : 'bad';
    const receipt = answer.ok ? await answer.json() : null;
    out.textContent = receipt ? `${receipt.ids?.[0] ?? 'published'}${'streams' in receipt ? `, ${receipt.streams} streams` : ''}`
      : `${answer.status}: ${await reasonOf(answer)}`;
    if (answer.status === 401) $('token-card').open = true;
  } catch {
    out.className = 'bad';
    out.textContent = 'The server does not answer.';
  }
};

const asked = path.endsWith('/-/') || path === '/' ? '' : path.slice(1);
// Where there is little room, what was asked for comes first.
if (matchMedia('(max-width: 52rem)').matches) {
  $('channel-card').open = !asked;
  $('publish-card').open = false;
}
$('channel-card').addEventListener('toggle', lookAtChannels);
setInterval(drawFacts, 1000);
setInterval(lookAtChannels, CHANNELS_EVERY_MS);
lookAtChannels();
watch(asked, location.search);
