#include "redis/history_script.hpp"

// Redis runs these as a whole, with nothing in between. What may fail comes before what changes
// anything, as Redis does not roll back: a key that holds a foreign value, say.
namespace sse::redis {
namespace {

// KEYS: meta. ARGV: run, candidate epoch, seen epoch, seen number, seen run, events, bytes, age.
constexpr std::string_view kTakeOver = R"lua(
local meta, run, candidate = KEYS[1], ARGV[1], ARGV[2]
local seen = { epoch = ARGV[3], seq = tonumber(ARGV[4]), run = ARGV[5] }
local known = redis.call('HMGET', meta, 'epoch', 'seq', 'run', 'runs')
local epoch, seq, runs = known[1], tonumber(known[2] or '0'), known[4] or ''

local function lost()
  if seen.epoch ~= epoch then return false end
  if seen.seq > seq then return true end
  local after = false
  for name, began in string.gmatch(runs, '(%S+):(%d+)') do
    if after and tonumber(began) < seen.seq then return true end
    after = after or name == seen.run
  end
  return not after
end

if not epoch then
  epoch, seq, runs = candidate, 0, run .. ':0'
elseif known[3] ~= run then
  runs = runs .. ' ' .. run .. ':' .. string.format('%.0f', seq)
  local _, count = string.gsub(runs, '%S+', '')
  if count > 16 then runs = string.gsub(runs, '^%S+%s', '') end
end
if lost() then epoch, runs = candidate, run .. ':' .. string.format('%.0f', seq) end
redis.call('HSET', meta, 'epoch', epoch, 'seq', string.format('%.0f', seq), 'run', run, 'runs', runs)
for i, name in ipairs({ 'events', 'bytes', 'age' }) do
  if ARGV[5 + i] ~= '' then redis.call('HSET', meta, name, ARGV[5 + i]) end
end
return { epoch, seq }
)lua";

// Evicts what is over the limits: a sixteenth late, so that the cost is shared by many events. The
// newest event always stays. The beginning of the scripts below.
constexpr std::string_view kCommon = R"lua(
local function trim(stream, channel, limits, bytes, last, aged, now)
  local held = redis.call('XLEN', stream)
  local over_events = limits.events > 0 and held > limits.events + limits.events / 16
  local over_bytes = limits.bytes > 0 and bytes > limits.bytes + limits.bytes / 16
  local look_at_age = limits.age > 0 and now - aged > limits.age / 16
  if not (over_events or over_bytes or look_at_age) then return end
  local excess = limits.events > 0 and held - limits.events or 0
  local first_kept = nil
  repeat
    local page = redis.call('XRANGE', stream, first_kept or '-', '+', 'COUNT', 128)
    local going = true
    for _, entry in ipairs(page) do
      local seq, message = tonumber(string.match(entry[1], '^%d+')), entry[2][2] or ''
      local time = tonumber(string.match(message, '"time":(%d+)') or '0')
      going = seq < last and (excess > 0 or (limits.bytes > 0 and bytes > limits.bytes) or
                              (limits.age > 0 and time < now - limits.age))
      if not going then break end
      excess, bytes, first_kept = excess - 1, bytes - #message, string.format('%.0f-0', seq + 1)
    end
  until not going or #page < 128
  if first_kept then redis.call('XTRIM', stream, 'MINID', '=', first_kept) end
  redis.call('HSET', channel, 'bytes', string.format('%.0f', math.max(bytes, 0)),
             'aged', string.format('%.0f', now))
end

local function limits_of(meta)
  return { events = tonumber(meta[1] or '1000'), bytes = tonumber(meta[2] or '0'),
           age = tonumber(meta[3] or '0') }
end

local function milliseconds()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
)lua";

// KEYS: meta, channel, stream, producer. ARGV: run, candidate epoch, topic, number, TTL, events.
constexpr std::string_view kPublish = R"lua(
local meta_key, channel_key, stream_key, producer_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local run, topic, number = ARGV[1], ARGV[3], tonumber(ARGV[4])
local before_events = 5
local count = #ARGV - before_events
local meta = redis.call('HMGET', meta_key, 'events', 'bytes', 'age', 'epoch', 'seq', 'run')
local limits, epoch, seq = limits_of(meta), meta[4], tonumber(meta[5] or '0')
if epoch and meta[6] ~= run then
  return redis.error_reply('SSERUN another Redis process counts the events of this hub')
end
local is_new = not epoch
epoch = epoch or ARGV[2]

local skip = 0
if number then
  local done = tonumber(redis.call('GET', producer_key) or '0')
  skip = math.min(math.max(done - number + 1, 0), count)
  if skip == count then return { epoch, 0, 0 } end
end

local now = milliseconds()
local state = redis.call('HMGET', channel_key, 'epoch', 'last', 'nth', 'bytes', 'aged')
if state[1] ~= epoch then
  state = { epoch, '0', '0', '0', '0' }
  if redis.call('TYPE', stream_key).ok == 'stream' then redis.call('DEL', stream_key) end
end
local last, nth = state[2], tonumber(state[3])
local bytes, aged = tonumber(state[4]), tonumber(state[5])
-- A history that expired as a whole took its bytes along.
if limits.age > 0 and redis.call('EXISTS', stream_key) == 0 then bytes = 0 end
local time = string.format('%.0f', now)
local first = seq + 1
local messages = {}
for i = before_events + skip + 1, #ARGV do
  seq, nth = seq + 1, nth + 1
  local event, number_text = ARGV[i], string.format('%.0f', seq)
  local id = ''
  if string.sub(event, 1, 1) == '+' then id = '"id":"' .. epoch .. '-' .. number_text .. '",' end
  local message = '{"seq":' .. number_text .. ',"epoch":"' .. epoch .. '","prev":' .. last ..
    ',"nth":' .. string.format('%.0f', nth) .. ',"time":' .. time .. ',' .. id .. string.sub(event, 2)
  redis.call('XADD', stream_key, number_text .. '-0', 'm', message)
  messages[#messages + 1] = message
  last, bytes = number_text, bytes + #message
end

redis.call('HSET', meta_key, 'seq', last)
if is_new then redis.call('HSET', meta_key, 'epoch', epoch, 'run', run, 'runs', run .. ':0') end
redis.call('HSET', channel_key, 'epoch', epoch, 'last', last, 'nth', string.format('%.0f', nth),
           'bytes', string.format('%.0f', bytes), 'aged', string.format('%.0f', aged))
if number then
  redis.call('SET', producer_key, string.format('%.0f', number + count - 1), 'PX', ARGV[5])
end
trim(stream_key, channel_key, limits, bytes, seq, aged, now)
if limits.age > 0 then redis.call('PEXPIRE', stream_key, limits.age) end
for _, message in ipairs(messages) do redis.call('PUBLISH', topic, message) end
return { epoch, first, #messages }
)lua";

// KEYS: meta, channel, stream. ARGV: direction, number (exclusive; empty: from the end), most
// events, most bytes.
constexpr std::string_view kRead = R"lua(
local meta = redis.call('HMGET', KEYS[1], 'events', 'bytes', 'age', 'epoch')
local state = redis.call('HMGET', KEYS[2], 'epoch', 'last', 'nth', 'bytes', 'aged')
local limits, epoch = limits_of(meta), meta[4]
if not epoch or state[1] ~= epoch then return { epoch or '', 0, 0, 0, {} } end
local last, nth = tonumber(state[2]), tonumber(state[3])
if limits.age > 0 then
  trim(KEYS[3], KEYS[2], limits, tonumber(state[4]), last, tonumber(state[5]), milliseconds())
end
local entries
local after = ARGV[2] ~= '' and '(' .. ARGV[2] .. '-0' or nil
if ARGV[1] == 'events' then
  entries = redis.call('XRANGE', KEYS[3], after or '-', '+', 'COUNT', ARGV[3])
else
  entries = redis.call('XREVRANGE', KEYS[3], after or '+', '-', 'COUNT', ARGV[3])
end
local messages, room = {}, tonumber(ARGV[4])
for i, entry in ipairs(entries) do
  local text = ARGV[1] == 'numbers' and string.match(entry[1], '^%d+') or entry[2][2]
  if i > 1 and room < #text then break end
  messages[i], room = text, room - #text
end
local is_more = #messages < #entries or #entries == tonumber(ARGV[3])
return { epoch, last, nth, is_more and 1 or 0, messages }
)lua";

}  // namespace

std::string take_over_script() { return std::string(kTakeOver); }
std::string publish_script() { return std::string(kCommon).append(kPublish); }
std::string read_script() { return std::string(kCommon).append(kRead); }

}  // namespace sse::redis
