// A server written with better-sse. Sends the numbers after the client's last one, three to a
// connection; what else the library does (heartbeats, the retry field) is its own. Prints its port.
const http = require("node:http");
const { createSession } = require("better-sse");

const EVENTS_PER_CONNECTION = 3;

const server = http.createServer(async (request, response) => {
  const session = await createSession(request, response, { retry: 10, keepAlive: 20 });
  const last = Number(session.lastId || 0);
  for (let n = last + 1; n <= last + EVENTS_PER_CONNECTION; ++n)
    session.push({ n, text: "two\nlines, \u00fcber" }, "tick", String(n));
  setTimeout(() => response.end(), 50);
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
