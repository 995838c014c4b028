-- What is secret is a matter of opinion; this is one. Paths are the real ones: links and .. are gone.
local public = { '^/usr/', '^/etc/ssl/', '%.pub$', '/known_hosts$' }
local secret = { '/%.ssh/', '/%.gnupg/', '/%.aws/credentials$', '/%.env$', '%.pem$', '%.key$', '/secrets?[/.]' }

local function any(patterns, path)
  for _, pattern in ipairs(patterns) do
    if path:find(pattern) then return true end
  end
  return false
end

function matcher(call)
  local path = call.path
  if not path then return false end
  path = path:lower()
  return any(secret, path) and not any(public, path)
end
