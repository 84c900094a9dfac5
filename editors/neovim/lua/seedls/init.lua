-- What users call: setup, and the component of a statusline.
local M = {}

---@class seedls.Options
---@field ghost_text? boolean show suggestions as ghost text, from Neovim 0.12 on (default: true)
---@field keys? boolean|table<string, string> true for the keys of |seedls-keys|, or a table of action = key (default: none)
---@field config? vim.lsp.Config what is to be different from lsp/seedls.lua: cmd, filetypes, settings, ...

local known = { ghost_text = 'boolean', keys = 'boolean or table', config = 'table' }

--- Starts the server in buffers that it is for, those that are open and those to come.
---@param options? seedls.Options
function M.setup(options)
  options = options or {}
  vim.cmd.runtime('plugin/seedls.lua') -- which a manager may not have, below the folder that it knows
  for name, value in pairs(options) do
    local want = known[name]
    if not want then
      local names = table.concat(vim.fn.sort(vim.tbl_keys(known)), ', ')
      error(('seedls: setup has no option %s; it has %s'):format(name, names), 0)
    elseif not want:find(type(value), 1, true) then
      error(('seedls: option %s of setup is a %s; want %s'):format(name, type(value), want), 0)
    end
  end
  if options.keys then
    require('seedls.keys').map(options.keys == true and {} or options.keys)
  end
  if options.ghost_text ~= false then
    require('seedls.ghost').enable()
  end
  require('seedls.server').setup(options.config or {})
end

--- Says in a few characters what the server does for the current buffer: '' if nothing, 'seedls', with '…' while it
--- thinks, with '!' when |:Seedls-status| has something to say, and 'seedls off' while it is snoozed.
---@return string
function M.status()
  local client = require('seedls.server').client()
  if not client then
    return ''
  elseif require('seedls.ghost').snoozed_until() then
    return 'seedls off'
  end
  local status = require('seedls.server').status(client.id)
  if status.kind == 'Error' or status.kind == 'Warning' then
    return 'seedls!'
  end
  return status.busy and 'seedls…' or 'seedls'
end

return M
