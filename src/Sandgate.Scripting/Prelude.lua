-- Runs once in each fresh state, before the script: takes away what scripts must not have and replaces what could run
-- for long inside one C call, where neither instructions nor time are looked at. What it keeps for itself it
-- keeps in locals, which no script can reach without the debug library.
local string, table, math, utf8, debug, native, call = ...

local error, type, rawget, rawset, rawlen, select, tostring, next = error, type, rawget, rawset, rawlen, select, tostring, next
local setmetatable, getmetatable = setmetatable, getmetatable
local byte, sub, rep, format = string.byte, string.sub, string.rep, string.format
local concat, unpack = table.concat, table.unpack
local traceback, getinfo = debug.traceback, debug.getinfo
local tointeger, floor = math.tointeger, math.floor
local scan, failed, told = native.scan, native.failed, native.told

local function bad(name, position, expected, value)
  error(format("bad argument #%d to '%s' (%s expected, got %s)", position, name, expected,
    value == nil and "no value" or type(value)), 3)
end

-- A finalizer would run without limits.
local function set(t, mt)
  if type(mt) == "table" and rawget(mt, "__gc") ~= nil then
    error("a metatable with __gc is not allowed here", 2)
  end
  return setmetatable(t, mt)
end

-- Between empty strings the original loops n times and does nothing.
function string.rep(s, n, separator)
  if s == "" and (separator == nil or separator == "") then return "" end
  return rep(s, n, separator)
end

string.find, string.match = native.find, native.match

function string.gmatch(s, pattern, init)
  if type(s) == "number" then s = tostring(s) end
  if type(pattern) == "number" then pattern = tostring(pattern) end
  if type(s) ~= "string" then bad("gmatch", 1, "string", s) end
  if type(pattern) ~= "string" then bad("gmatch", 2, "string", pattern) end
  local at, last = tointeger(init or 1), -1
  if not at then bad("gmatch", 3, "integer", init) end
  if at < 0 then at = #s + at + 1 end
  if at < 1 then at = 1 end
  local function step(first, behind, ...)
    if not first then
      at = #s + 2
      return nil
    end
    at, last = behind, behind
    return ...
  end
  return function()
    return step(scan(s, pattern, at, last, false))
  end
end

function string.gsub(s, pattern, replacement, most)
  local kind = type(replacement)
  if kind == "string" or kind == "number" then return native.gsub(s, pattern, replacement, most) end
  if type(s) == "number" then s = tostring(s) end
  if type(pattern) == "number" then pattern = tostring(pattern) end
  if type(s) ~= "string" then bad("gsub", 1, "string", s) end
  if type(pattern) ~= "string" then bad("gsub", 2, "string", pattern) end
  if kind ~= "function" and kind ~= "table" then bad("gsub", 3, "string/function/table", replacement) end
  local parts, count, from, last, anchored = {}, 0, 1, -1, byte(pattern) == 94
  most = most == nil and #s + 1 or tointeger(most) or bad("gsub", 4, "integer", most)
  local function replace(first, behind, ...)
    if not first then return false end
    count = count + 1
    parts[#parts + 1] = sub(s, from, first - 1)
    local value
    if kind == "function" then value = replacement(...) else value = replacement[(...)] end
    if not value then
      value = sub(s, first, behind - 1)
    elseif type(value) == "number" then
      value = tostring(value)
    elseif type(value) ~= "string" then
      error("invalid replacement value (a " .. type(value) .. ")", 3)
    end
    parts[#parts + 1] = value
    from, last = behind, behind
    return true
  end
  while count < most and replace(scan(s, pattern, from, last, true)) and not anchored do end
  parts[#parts + 1] = sub(s, from)
  return concat(parts), count
end

local function size(t, name)
  if type(t) ~= "table" then bad(name, 1, "table", t) end
  local n = #t
  if type(n) ~= "number" then error("object length is not an integer", 3) end
  return n
end

function table.insert(t, ...)
  local n, count = size(t, "insert") + 1, select("#", ...)
  if count == 1 then
    t[n] = ...
  elseif count == 2 then
    local at, value = ...
    at = tointeger(at) or bad("insert", 2, "integer", at)
    if at < 1 or at > n then error("bad argument #2 to 'insert' (position out of bounds)", 2) end
    for i = n, at + 1, -1 do t[i] = t[i - 1] end
    t[at] = value
  else
    error("wrong number of arguments to 'insert'", 2)
  end
end

function table.remove(t, at)
  local n = size(t, "remove")
  if at == nil then
    at = n
  else
    at = tointeger(at) or bad("remove", 2, "integer", at)
    if n + 1 ~= at and (at < 1 or at > n + 1) and not (n == 0 and at == 0) then
      error("bad argument #2 to 'remove' (position out of bounds)", 2)
    end
  end
  local value = t[at]
  for i = at, n - 1 do t[i] = t[i + 1] end
  if at <= n then t[n] = nil end
  return value
end

function table.move(from, first, last, at, to)
  to = to == nil and from or to
  if type(from) ~= "table" then bad("move", 1, "table", from) end
  if type(to) ~= "table" then bad("move", 5, "table", to) end
  first = tointeger(first) or bad("move", 2, "integer", first)
  last = tointeger(last) or bad("move", 3, "integer", last)
  at = tointeger(at) or bad("move", 4, "integer", at)
  if at > last or at <= first or to ~= from then
    for i = first, last do to[at + (i - first)] = from[i] end
  else
    for i = last, first, -1 do to[at + (i - first)] = from[i] end
  end
  return to
end

function table.concat(t, separator, first, last)
  local parts, n = {}, 0
  first = tointeger(first or 1) or bad("concat", 3, "integer", first)
  last = tointeger(last or size(t, "concat")) or bad("concat", 4, "integer", last)
  if type(t) ~= "table" then bad("concat", 1, "table", t) end
  for i = first, last do
    local part = t[i]
    local kind = type(part)
    if kind ~= "string" and kind ~= "number" then
      error(format("invalid value (at index %d) in table for 'concat'", i), 2)
    end
    n = n + 1
    parts[n] = part
  end
  return concat(parts, separator)
end

function table.unpack(t, first, last)
  first = first == nil and 1 or tointeger(first) or bad("unpack", 2, "integer", first)
  last = last == nil and #t or tointeger(last) or bad("unpack", 3, "integer", last)
  if last >= first and (last - first >= 10000 or last - first < 0) then error("too many results to unpack", 2) end
  return unpack(t, first, last)
end

-- Bottom-up merge sort: whatever the comparison answers, it ends after n log n of them.
function table.sort(t, less)
  local n = size(t, "sort")
  if less ~= nil and type(less) ~= "function" then bad("sort", 2, "function", less) end
  local from, to = {}, {}
  for i = 1, n do from[i] = t[i] end
  local width = 1
  while width < n do
    for low = 1, n, 2 * width do
      local middle, high = low + width, low + 2 * width
      if middle > n + 1 then middle = n + 1 end
      if high > n + 1 then high = n + 1 end
      local a, b = low, middle
      for i = low, high - 1 do
        local second
        if a >= middle then
          second = true
        elseif b < high then
          if less then second = less(from[b], from[a]) else second = from[b] < from[a] end
        end
        if second then
          to[i] = from[b]
          b = b + 1
        else
          to[i] = from[a]
          a = a + 1
        end
      end
    end
    from, to = to, from
    width = 2 * width
  end
  for i = 1, n do t[i] = from[i] end
end

string.dump = nil

local kept = {
  _VERSION = _VERSION, assert = assert, error = error, getmetatable = getmetatable, ipairs = ipairs, next = next,
  pairs = pairs, rawequal = rawequal, rawget = rawget, rawlen = rawlen, rawset = rawset, select = select,
  setmetatable = set, tonumber = tonumber, tostring = tostring, type = type,
  string = string, table = table, math = math, utf8 = utf8,
}
local globals = _G
for name in next, globals do globals[name] = nil end
for name, value in next, kept do globals[name] = value end
globals._G = globals

debug.setmetatable(call, {
  __name = "call",
  __metatable = false,
  __index = native.field,
  __tostring = function(c) return c.signature end,
})

-- The message handler. It runs at the place of the error, before anything is unwound. After it hardly an instruction
-- runs any more, so nothing of the script may be called here. It tells the message rather than return it, because a pending
-- __close could replace it. A message that ends with the byte 3 comes from
-- the hook: a limit was struck, or a native function failed and has said why.
return function(message)
  local kind = type(message)
  local hooked = kind == "string" and sub(message, -1) == "\3"
  local reason = failed(hooked)
  if not reason then return nil end
  if hooked then
    local place = getinfo(2, "Sl")
    message = reason
    if place and place.currentline > 0 then message = format("%s:%d: %s", place.short_src, place.currentline, reason) end
  elseif kind == "string" then
    message = sub(message, 1, 1000)
  elseif kind == "number" then
    message = tostring(message)
  else
    message = "error object is a " .. kind .. " value"
  end
  told(traceback(message, 2))
end
