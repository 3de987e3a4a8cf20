
'use strict';
// A stream, watched twice: through an EventSource, as any page would, and through fetch(), "the
// wire", which also sees what EventSource hides: heartbeats, and types nobody listens for yet.
// Uses say(), notice(), note(), addRow(), base and $ of page.js.
const PATIENCE_MS = 4000;
const WIRE_RETRY_MS = 1000;
const PAIRS_MAX = 10000;
const KNOWN_TYPES = ['message', 'gap', 'end', 'stderr'];

class Watched {
  constructor(channels, search) {
    this.url = base + '/' + channels + search;
    this.types = new Set(KNOWN_TYPES);
    this.pairs = new Map(); // of learnt types, what one side has shown and the other not: +wire, -source
    Object.assign(this, { events: 0, gaps: 0, reconnects: 0, heartbeats: 0, opened: 0, tries: 0 });
    Object.assign(this, { lastId: '', wireId: '', heard: 0, source: null, wire: null, over: false });
  }

  // The wire first: of what comes once the EventSource is open, no type is unknown.
  async start() {
    say('connecting', 'connecting');
    this.impatience = setTimeout(() => this.waitsLong(), PATIENCE_MS);
    await new Promise((resolve) => this.watchWire(resolve));
    if (this.over) return;
    this.source = new EventSource(this.url);
    this.source.onopen = () => this.open();
    this.source.onerror = () => this.error();
    for (const type of this.types) this.listen(type);
  }

  stop() {
    this.over = true;
    clearTimeout(this.impatience);
    this.source?.close();
    this.wire?.abort();
  }

  waitsLong() {
    notice('No answer yet. Over HTTP/1.1 a browser opens six connections to one host name, all its ' +
           'tabs together, and the next one waits: close other tabs, or use another name of the server.');
  }

  open() {
    clearTimeout(this.impatience);
    notice('');
    if (this.opened++) this.reconnects += 1;
    note(this.opened > 1 ? `reconnected at try ${this.tries}` : `open: ${this.url}`);
    this.tries = 0;
    say('open', 'open');
    if (!this.wire && document.visibilityState === 'visible') this.watchWire(() => {});
  }

  error() {
    if (this.source.readyState === EventSource.CONNECTING) {
      if (!this.tries++) note('connection lost; the browser reconnects');
      say('connecting', this.tries > 1 ? `reconnecting, try ${this.tries}` : 'reconnecting');
      return;
    }
    this.stop();
    say('closed', 'closed');
    $('stop').disabled = true;
    this.reason().then((reason) => note(`closed for good: ${reason}`));
  }

  // The server's answer, which the EventSource keeps to itself: asked for once more.
  async reason() {
    const abort = new AbortController();
    try {
      const answer = await this.ask(this.lastId || this.wireId, abort.signal);
      return answer.status === 200 ? 'no event stream' : `${answer.status} ${await reasonOf(answer)}`;
    } catch {
      return 'the server does not answer';
    } finally {
      abort.abort();
    }
  }

  ask(lastId, signal) {
    const headers = { Accept: 'text/event-stream' };
    if (lastId) headers['Last-Event-ID'] = lastId;
    return fetch(this.url, { headers, cache: 'no-store', signal });
  }

  listen(type) {
    this.types.add(type);
    this.source?.addEventListener(type, (event) => this.take(type, event.lastEventId, event.data, -1));
  }

  // An event of a learnt type comes from both sides; the second one is no news.
  isNews(type, id, data, side) {
    if (KNOWN_TYPES.includes(type)) return side < 0;
    const key = JSON.stringify([type, id, data]);
    const shown = this.pairs.get(key) ?? 0;
    if (shown + side === 0) this.pairs.delete(key);
    else this.pairs.set(key, shown + side);
    if (this.pairs.size > PAIRS_MAX) this.pairs.clear();
    return shown * side >= 0;
  }

  take(type, id, data, side) {
    if (!this.isNews(type, id, data, side)) return;
    this.events += 1;
    this.lastId = id;
    if (type === 'gap') this.gaps += 1;
    addRow({ type, id, data });
  }

  // ---- The wire. `begun` is called when there is an answer, or none will come. ----

  async watchWire(begun) {
    const wire = new AbortController();
    this.wire = wire;
    try {
      const answer = await this.ask(this.wireId, wire.signal);
      begun();
      if (answer.status === 200) await this.readWire(answer.body.pipeThrough(new TextDecoderStream()).getReader());
    } catch {
      // What became of the connection, the EventSource tells.
    }
    if (this.wire === wire) this.wire = null;
    begun();
    if (!this.over && document.visibilityState === 'visible')
      setTimeout(() => this.over || this.wire || this.watchWire(() => {}), WIRE_RETRY_MS);
  }

  async readWire(reader) {
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      this.heard = performance.now();
      const blocks = (rest + value).split('\n\n');
      rest = blocks.pop();
      for (const block of blocks) this.takeBlock(block);
    }
  }

  takeBlock(block) {
    const event = { type: 'message', data: [] };
    for (const line of block.split('\n')) {
      const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line);
      if (line.startsWith(':')) this.heartbeats += 1;
      else if (name === 'data') event.data.push(value);
      else if (name === 'event') event.type = value || 'message';
      else if (name === 'id') this.wireId = value;
    }
    if (event.data.length === 0 || KNOWN_TYPES.includes(event.type)) return;
    this.take(event.type, this.wireId, event.data.join('\n'), 1);
    if (!this.types.has(event.type)) this.listen(event.type);
  }
}

async function reasonOf(answer) {
  try {
    return (await answer.json()).error;
  } catch {
    return answer.status === 204 ? 'the channel has ended' : '';
  }
}
